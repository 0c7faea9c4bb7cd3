"""Fuzz targets, grouped by what their parsers read."""
