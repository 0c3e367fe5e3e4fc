"""What the recipes of plates share: their photos, their material, their weights, and both models behind one another."""
