"""Pure functions of boxes, polygons and masks."""
