"""Videos: reading, drawing, encoding, and showing them in a window."""
