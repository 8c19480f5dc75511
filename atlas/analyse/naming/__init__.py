"""What a feature is called and why: candidates, flags, findings, and the controls beside them."""
