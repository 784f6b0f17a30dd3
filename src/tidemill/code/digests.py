"""The digest of a text, as all that is compared here is written."""

from __future__ import annotations

from blake3 import blake3

DIGEST_BYTES = 16


def digest_of(text: str) -> str:
    """32 hexadecimal digits."""
    return blake3(text.encode("utf-8", "surrogatepass")).hexdigest(DIGEST_BYTES)
