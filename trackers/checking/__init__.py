"""`python -m trackers check NAME`: what a tracker's author should know before running a benchmark."""
