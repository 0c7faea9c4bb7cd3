"""Schedulers: one sequence at a time, or many in lockstep batches."""
