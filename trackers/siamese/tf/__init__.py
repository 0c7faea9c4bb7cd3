"""Reads TensorFlow checkpoints without TensorFlow."""

from trackers.siamese.tf.bundle import Bundle, Variable, prefix_of

__all__ = ["Bundle", "Variable", "prefix_of"]
