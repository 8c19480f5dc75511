"""Encoders: audio models whose activations are read. One module a family; `load_encoder` picks by the model's name."""
