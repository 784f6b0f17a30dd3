"""Names of things: assets, checks, steps, sets of partitions.

All are immutable and hashable. Each has one lossless text form, which the store, the command line and the page use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from tidemill.core.errors import InvalidDefinitionError

CoercibleToAssetKey: TypeAlias = "AssetKey | str | Sequence[str]"


class AssetKey:
    """Name of an asset: one or more parts.

    Args:
        path: One part as a string (never split at a slash), or the parts as a sequence of strings.

    Raises:
        InvalidDefinitionError: `path` is neither, or has no parts.

    Example:
        >>> AssetKey(["raw", "stories"]).to_user_string()
        'raw/stories'
    """

    __slots__ = ("_hash", "parts", "text")

    parts: tuple[str, ...]
    text: str
    _hash: int

    def __init__(self, path: str | Sequence[str]) -> None:
        if isinstance(path, str):
            parts: tuple[str, ...] = (path,)
            text = path if "/" not in path and "\\" not in path else _escape(path)
        else:
            parts = tuple(path) if isinstance(path, Sequence) else ()
            if not parts or not all(isinstance(part, str) for part in parts):
                raise InvalidDefinitionError(
                    "An asset key is made of strings",
                    subject=repr(path),
                    found=repr(path),
                    expected="a string or a non-empty list of strings",
                )
            text = "/".join(map(_escape, parts))
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "_hash", hash(parts))

    @property
    def path(self) -> list[str]:
        """The parts, as a new list."""
        return list(self.parts)

    @classmethod
    def from_user_string(cls, asset_key_string: str) -> AssetKey:
        """The key that `to_user_string` printed: `a/b` has two parts."""
        return cls(asset_key_string.split("/"))

    @classmethod
    def from_text(cls, text: str) -> AssetKey:
        """Inverse of `text`, also for parts that hold slashes."""
        if "\\" not in text:
            return cls(text.split("/")) if "/" in text else cls(text)
        parts, part, escaped = [], "", False
        for character in text:
            if escaped or character not in "\\/":
                part, escaped = part + character, False
            elif character == "\\":
                escaped = True
            else:
                parts.append(part)
                part = ""
        return cls([*parts, part])

    @classmethod
    def from_coercible(cls, arg: object) -> AssetKey:
        """A key from a key, a string, a sequence of strings, or anything with one `.key`.

        Raises:
            InvalidDefinitionError: `arg` is none of these.
        """
        if isinstance(arg, AssetKey):
            return arg
        if isinstance(arg, (str, Sequence)):
            return cls(arg)
        key = getattr(arg, "key", None)
        if isinstance(key, AssetKey):
            return key
        raise InvalidDefinitionError(
            f"Cannot make an asset key of {arg!r}",
            subject=repr(arg),
            found=f"an object of type {type(arg).__name__}",
            expected="an AssetKey, a string, a list of strings, or an asset with a single key",
        )

    def to_user_string(self) -> str:
        """The parts joined by `/`."""
        return "/".join(self.parts)

    def to_string(self) -> str:
        """The parts as a JSON list."""
        import json  # noqa: PLC0415  (rare, and `import tidemill` must stay small)

        return json.dumps(self.path)

    def to_python_identifier(self, suffix: str | None = None) -> str:
        """The parts joined by `__`, with everything that no identifier may hold replaced by `_`."""
        joined = "__".join(self.parts if suffix is None else (*self.parts, suffix))
        if joined.isidentifier():
            return joined
        return "".join(c if c.isalnum() or c == "_" else "_" for c in joined)

    def with_prefix(self, prefix: str | Sequence[str]) -> AssetKey:
        """A key with `prefix` (one part, or several) before its parts."""
        before = (prefix,) if isinstance(prefix, str) else tuple(prefix)
        return AssetKey([*before, *self.parts])

    def has_prefix(self, prefix: Sequence[str]) -> bool:
        """Whether the first parts are those of `prefix`."""
        return self.parts[: len(prefix)] == tuple(prefix)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"AssetKey is immutable: cannot set {name!r}")

    def __reduce__(self) -> tuple[object, ...]:
        return AssetKey, (self.parts if len(self.parts) > 1 else self.parts[0],)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, AssetKey) and self.parts == other.parts)

    def __lt__(self, other: AssetKey) -> bool:
        return self.parts < other.parts

    def __repr__(self) -> str:
        return f"AssetKey({self.path!r})"


def _escape(part: str) -> str:
    return part.replace("\\", "\\\\").replace("/", "\\/")


class AssetCheckKey(NamedTuple):
    """Name of a check: the asset that it is about, and its own name."""

    asset_key: AssetKey
    name: str

    def to_user_string(self) -> str:
        """`asset:check`."""
        return f"{self.asset_key.to_user_string()}:{self.name}"

    @classmethod
    def from_user_string(cls, user_string: str) -> AssetCheckKey:
        """Inverse of `to_user_string`.

        Raises:
            InvalidDefinitionError: There is no colon in it.
        """
        asset, colon, name = user_string.rpartition(":")
        if not colon:
            raise InvalidDefinitionError(
                f"{user_string!r} names no check",
                subject=user_string,
                found="a text without a colon",
                expected="asset:check",
            )
        return cls(AssetKey.from_user_string(asset), name)

    def with_asset_key_prefix(self, prefix: str | Sequence[str]) -> AssetCheckKey:
        """The key of the same check of the asset with these parts before its own."""
        return self._replace(asset_key=self.asset_key.with_prefix(prefix))


AssetOrCheckKey: TypeAlias = AssetKey | AssetCheckKey


class PartitionSet:
    """The partition keys of one asset that one step covers, in the order of their definition; never empty."""

    __slots__ = ("keys",)

    keys: tuple[str, ...]

    def __init__(self, keys: Iterable[str]) -> None:
        distinct = tuple(dict.fromkeys(keys))
        if not distinct:
            raise InvalidDefinitionError("A set of partitions holds at least one key")
        object.__setattr__(self, "keys", distinct)

    @property
    def single(self) -> str | None:
        """The only key, or None where there are several."""
        return self.keys[0] if len(self.keys) == 1 else None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"PartitionSet is immutable: cannot set {name!r}")

    def __reduce__(self) -> tuple[object, ...]:
        return PartitionSet, (self.keys,)

    def __len__(self) -> int:
        return len(self.keys)

    def __hash__(self) -> int:
        return hash(frozenset(self.keys))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionSet) and set(self.keys) == set(other.keys)

    def __repr__(self) -> str:
        return f"PartitionSet({list(self.keys)!r})"


class StepKey(NamedTuple):
    """Name of a step of a run: the unit, the partitions that it covers, the mapping key of a dynamic step."""

    unit: str
    partitions: PartitionSet | None = None
    mapping: str | None = None

    @staticmethod
    def unit_of(text: str) -> str:
        """The unit of a step, from the text of its key."""
        return text.partition("[")[0]

    @property
    def text(self) -> str:
        """`unit`, or `unit[mapping]`: unique in a run, because a run has one set of partitions for each unit."""
        return self.unit if self.mapping is None else f"{self.unit}[{self.mapping}]"


class VersionAddress(NamedTuple):
    """What a user types to name a version: `asset`, `asset@7`, `asset@champion`, `asset[2024-05-01]@3`."""

    asset: AssetKey
    partition: str | None = None
    version: int | str | None = None

    @classmethod
    def parse(cls, text: str) -> VersionAddress:
        """Read an address.

        Raises:
            InvalidDefinitionError: A bracket is not closed, or a part is empty.
        """
        name, at, version = text.rpartition("@")
        if not at or "]" in version:  # an @ within the brackets belongs to the partition
            name, at, version = text, "", ""
        partition = None
        if "[" in name:
            name, _, rest = name.partition("[")
            partition = rest[:-1] if rest.endswith("]") else ""
        if not name or (at and not version) or partition == "":
            raise InvalidDefinitionError(
                f"Not the address of a version: {text!r}",
                subject=text,
                found=text,
                expected="asset, asset@7, asset@alias or asset[partition]@3",
            )
        number = int(version) if version.isdecimal() else (version or None)
        return cls(AssetKey.from_user_string(name), partition, number)

    def __str__(self) -> str:
        partition = f"[{self.partition}]" if self.partition is not None else ""
        version = f"@{self.version}" if self.version is not None else ""
        return f"{self.asset.to_user_string()}{partition}{version}"
