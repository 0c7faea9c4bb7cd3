"""Training of the Siamese trackers: data, sampling, losses and the training loop."""
