"""Trackers of other projects: Python objects of other toolkits, OpenCV's trackers, and programs.

- `toolkits`: adapters for objects of got10k, pysot and pytracking, and for OpenCV's trackers
- `programs`: reads `process:COMMAND`, `trax:COMMAND` and `trackers.ini:NAME`
- `protocols`: trackers that are programs, which speak JSON lines or TraX

`trackers.serving` is the opposite direction: our trackers for other programs.
"""
