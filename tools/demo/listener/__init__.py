"""The micro Whisper of the demo: its network, what it is taught, its training, and what linear probes find in it."""
