"""Pure functions on boxes and polygons: overlap, center error, rasterization, missing boxes, pixel origin."""
