"""A user's own folder of videos as a data set."""
