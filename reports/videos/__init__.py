"""Videos of tracked sequences."""
