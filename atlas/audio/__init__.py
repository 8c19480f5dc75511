"""Audio: files, samples, the display mel and draws by content; no torch, as both halves use it."""
