"""The digest of a text, as all that is compared here is written."""

from __future__ import annotations

from blake3 import blake3

DIGEST_BYTES = 16


def digest_of(text: str) -> str:
    """32 hexadecimal digits."""
    # A codec that is named costs as much as the digest of a short text.
    content = text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")
    return blake3(content).hexdigest(DIGEST_BYTES)
