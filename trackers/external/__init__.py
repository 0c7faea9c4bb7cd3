"""Trackers that are not ours: Python objects of other toolkits, OpenCV's, TraX, programs in any language.

| file | what is there |
|---|---|
| `adapters` | objects of got10k, pysot and pytracking, in this process |
| `opencv` | the trackers that OpenCV brings |
| `programs` | what `process:COMMAND`, `trax:COMMAND` and `trackers.ini:NAME` stand for |
| `child` | one process: started, limited, listened to, ended with all that it started |
| `framefiles` | frames in shared memory, for another process to read |
| `remote` | a tracker in a process of its own; `process` speaks JSON lines with it, `trax` TraX |
| `serve` | the other end of the JSON lines, in Python: what `--isolate` runs |
| `traxserver`, `got10k` | our trackers for others: over TraX, and as objects of got10k |
"""
