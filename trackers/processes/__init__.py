"""Child processes: start, limits, supervision, and cleanup of everything they started.

- `child_process`: an untrusted process with limits on time, memory and output
- `limits`, `stderr_log`: its limits, and its standard error
- `process_tree`: memory of a process tree, and killing what is left of one
- `reaper`: cleanup after this process even if it is killed
- `supervisor`: a parent process that notices when a tracker ends its command
"""
