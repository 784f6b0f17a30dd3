"""Near names: what somebody may have meant who typed a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable


def near(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Known names that resemble `name`, at most `n`, best first.

    A name with the same last part comes first: `kp` is what people write for `p/q/kp`.
    """
    import difflib  # noqa: PLC0415  (only where something went wrong already)

    names = [candidate for candidate in dict.fromkeys(known) if candidate != name]
    last = name.rpartition("/")[2]
    found = [candidate for candidate in names if candidate.rpartition("/")[2] == last]
    by_lower: dict[str, list[str]] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower(), []).append(candidate)
    for lower in difflib.get_close_matches(name.lower(), by_lower, n):
        found += by_lower[lower]
    return list(dict.fromkeys(found))[:n]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The question to ask as a next step, or None where nothing resembles `name`."""
    found = [repr(candidate) for candidate in near(name, known)]
    if not found:
        return None
    return f"did you mean {' or '.join([', '.join(found[:-1]), found[-1]] if found[1:] else found)}?"
