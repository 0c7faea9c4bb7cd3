"""What `python -m reports.serve` answers: `library` finds and scores, `handler` speaks HTTP."""
