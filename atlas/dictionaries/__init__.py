"""Dictionaries: one reader a checkpoint format, raw neurons and random directions, all giving the same object."""
