"""Training of the Siamese trackers: data, sampling, losses, the loop."""
