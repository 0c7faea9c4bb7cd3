"""Several workers: local processes, or actors on a Ray cluster."""
