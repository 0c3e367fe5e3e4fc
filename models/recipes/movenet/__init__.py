"""What the recipes of the MoveNets share: people to show them, conversion, calibration, evaluation."""
