"""Short names for content, for fingerprints, facts and keys."""

import hashlib


def digest_of(content: str | bytes | memoryview) -> str:
    """A short name for content: 16 hex digits of its SHA-256."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]
