"""What the code of a function is, as it is kept with a version and compared with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tidemill.code.graph import Part


class Recipe(NamedTuple):
    """The code of one unit.

    Attributes:
        fingerprint: 32 hexadecimal digits, of all parts and of how they lead to each other.
        parts: The function itself first, then what is nearest. Gathered when they are first asked for.
        libraries: Distribution → version of what the parts import or name; no part of the fingerprint.
        unseen: What was met and is not covered, in words.
        files: Absolute paths of the files of the project that were looked at.
        computed: Constants that a module computes at import by calls that may give something else tomorrow.
    """

    fingerprint: str
    parts: Sequence[Part]
    libraries: Mapping[str, str] = {}
    unseen: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()


class Change(NamedTuple):
    """A part that differs: before and after; None where there was or is none."""

    old: Part | None
    new: Part | None

    def __str__(self) -> str:
        part = self.new or self.old
        assert part is not None
        where = f"{part.where}: " if part.where not in ("", part.name) else ""
        name = f"{part.name}()" if part.kind == "function" else part.name
        if self.old is None:
            return f"{where}{name} is new here"
        if self.new is None:
            return f"{where}{name} is no longer used"
        if self.old.text and self.new.text and self.old.text != self.new.text:
            return f"{where}{name} {self.old.text} → {self.new.text}"
        return f"{where}{name} changed"


def difference(old: Sequence[Part], new: Sequence[Part]) -> list[Change]:
    """What differs between the parts of two recipes: the function's own code first, then what is nearest.

    A definition that moved to another file is no difference. The list may be empty although the fingerprints
    differ: then the same parts lead to each other in another way.
    """
    left = _Unmatched(old)
    same = [left.take(part, exactly=True) for part in new]
    moved = [
        None if found else left.take(part, anywhere=True, exactly=True)
        for part, found in zip(new, same, strict=True)
    ]
    changes: list[Change] = []
    for part, found, elsewhere in zip(new, same, moved, strict=True):
        if found is None and elsewhere is None:
            changes += _told(left.take(part) or left.take(part, anywhere=True), part)
    return [*changes, *(Change(part, None) for part in left)]


def _told(old: Part | None, new: Part) -> Iterator[Change]:
    """A change; of a class, of which of its attributes that are written out, where that is known."""
    before, after = (_inside(part) if part is not None else {} for part in (old, new))
    both = [name for name in after if name in before and before[name].digest != after[name].digest]
    yield from (Change(before[name], after[name]) for name in both if name)
    if old is None or not both or "" in both:
        yield Change(old, new)


def _inside(part: Part) -> dict[str, Part]:
    return {
        name: Part("constant", part.where, f"{part.name}.{name}", digest, text)
        for name, digest, text in part.inside
    }


class _Unmatched:
    """Parts of the old recipe that nothing in the new one was matched with yet."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts: dict[tuple[str, str], list[Part]] = {}
        for part in parts:
            self.parts.setdefault((part.kind, part.name), []).append(part)

    def take(self, part: Part, *, anywhere: bool = False, exactly: bool = False) -> Part | None:
        """A part of the same name, from the same file unless anywhere, of the same digest if exactly."""
        candidates = self.parts.get((part.kind, part.name), [])
        for place, old in enumerate(candidates):
            if (anywhere or old.where == part.where) and (not exactly or old.digest == part.digest):
                return candidates.pop(place)
        return None

    def __iter__(self) -> Iterator[Part]:
        return (part for parts in self.parts.values() for part in parts)
