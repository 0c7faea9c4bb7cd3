"""Trackers that are not ours: Python objects of other toolkits, OpenCV's, TraX, programs in any language.

| file | what is there |
|---|---|
| `adapters` | objects of got10k, pysot and pytracking, in this process |
| `opencv` | the trackers that OpenCV brings |
| `programs` | what `process:COMMAND`, `trax:COMMAND` and `trackers.ini:NAME` stand for |
| `remote` | a tracker in a process of its own, whatever is spoken with it |
| `child`, `limits`, `logfile` | that process: started, limited, listened to, ended with all that it started |
| `family`, `guardian` | what a process started, found and ended; also where this process is killed |
| `witness` | a process that sees how a command ends, whatever a tracker in its process does |
| `framefiles` | frames in shared memory, for another process to read |
| `process`, `serve` | JSON lines: our end, and the other end in Python, which `--isolate` runs |
| `trax_client`, `trax` | TraX: our end, and one of our trackers as the other |
| `got10k` | our trackers as objects of got10k |
"""
