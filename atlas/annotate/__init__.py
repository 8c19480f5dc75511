"""Annotating: words, phones and acoustics for audio that comes with none; one source a file."""
