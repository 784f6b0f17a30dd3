"""What must never be shown: the values that environment variables gave to `EnvVar`s in this process.

Whoever resolves an `EnvVar` registers its value; whoever writes text that user code made (logs, captured
output, errors, metadata) passes it through `mask` first. The set is of the process: no value travels further.
"""

from __future__ import annotations

import re

MASK = "********"
SHORTEST = 6  # shorter values would blank out ordinary words and numbers

_secrets: dict[str, None] = {}
_pattern: re.Pattern[str] | None = None


def register_secret(value: str) -> None:
    """Mask `value`, and its base64 and URL-encoded forms, from now on; values under six characters are not masked."""
    global _pattern
    if len(value) < SHORTEST or value in _secrets:
        return
    _secrets[value] = None
    forms = {form for secret in _secrets for form in _forms(secret)}
    _pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(secret: str) -> set[str]:
    import base64  # noqa: PLC0415  (few runs have secrets, and these take milliseconds to load)
    import json  # noqa: PLC0415  (as above)
    from urllib.parse import quote, quote_plus  # noqa: PLC0415  (as above)

    try:
        content = secret.encode(errors="surrogateescape")  # as the environment gives bytes that are not UTF-8
    except UnicodeEncodeError:
        content = secret.encode(errors="surrogatepass")
    encoded = {encode(content).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    escaped = {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    quoted = {quoting(content, safe="") for quoting in (quote, quote_plus)}
    # Logs are masked line by line, and users strip what they read.
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST}
    return {secret, *lines, *encoded, *(text.rstrip("=") for text in encoded), *escaped, *quoted}


def registered() -> tuple[str, ...]:
    """Every registered value, in order: for another process of the same run, never for anything that is kept."""
    return tuple(_secrets)


def has_secrets() -> bool:
    """Whether anything is registered."""
    return _pattern is not None


def mask(text: str) -> str:
    """`text` with every registered value replaced by asterisks."""
    return text if _pattern is None else _pattern.sub(MASK, text)
