"""What people look at: plots of scores. Reads results and scores; runs nothing."""
