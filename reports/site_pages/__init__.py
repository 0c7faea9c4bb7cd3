"""The pages of a static site from a results folder."""
