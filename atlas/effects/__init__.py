"""What features do to what a model says: edits at a tap, what follows, and the tests of it."""
