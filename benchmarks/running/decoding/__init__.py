"""Decoding frames ahead of the tracker."""
