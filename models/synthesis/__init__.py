"""Pictures drawn by rule, with the truth about them known exactly: plates, and the cameras that see them."""
