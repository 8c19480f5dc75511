"""Planning: what a run would cost, reckoned from a corpus's listing, checkpoints' shapes and a short trial."""
