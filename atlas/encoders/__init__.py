"""Encoders: audio models whose activations are read. One module a family; `catalogue.py` finds it."""
