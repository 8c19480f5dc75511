"""Speech as linguists write it: phones and their classes, the edges of words; no torch, as both halves use it."""
