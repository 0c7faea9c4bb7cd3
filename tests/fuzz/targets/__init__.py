"""Targets, by what their parsers read."""
