"""The report of failures: where trackers lose the target, how, and what that costs."""
