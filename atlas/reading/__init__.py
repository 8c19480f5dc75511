"""A finished atlas as typed objects and frames: what pages, exports and notebooks read."""
