"""The demo's hit list: its ceremony, who makes it, and what a check looks for."""
