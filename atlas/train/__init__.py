"""Training sparse autoencoders on the taps of an audio model."""
