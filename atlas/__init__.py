"""Audio feature atlas: what the features of sparse autoencoders listen to, measured once, shown as a static site."""

__version__ = "0.1.0"
