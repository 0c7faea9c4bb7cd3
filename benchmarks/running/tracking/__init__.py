"""One tracker on one sequence: requests, timing, and a new tracker after a failure."""
