"""Arguments of public constructors and decorators: checks that all share, and what is not here yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from keyword import iskeyword

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.values import NO_ITEMS, NOTHING_SAID, Items, Labels

NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
TAG_CHARACTERS = NAME_CHARACTERS | frozenset(".-")

KIND_TAG = "dagster/kind/"

# What steps and outputs are not called: programs of the other interface have not, and parameters mean other things.
RESERVED = frozenset(
    {
        "arg_dict",
        "bool",
        "conf",
        "config",
        "context",
        "dict",
        "float",
        "input",
        "input_arg_dict",
        "int",
        "meta",
        "output",
        "output_arg_dict",
        "str",
        "type",
    }
)

# Arguments whose feature comes in a later version: they are refused, never taken and ignored.
LATER: Mapping[str, str] = {
    "auto_observe_interval_minutes": "automation_condition=AutomationCondition.on_cron(…), or `observe([…])`",
    "is_virtual": "define the asset with a function that returns None",
}


def refuse_later(owner: str, **given: object) -> None:
    """Refuse the arguments that were given and whose feature this version does not have."""
    for name, value in given.items():
        if value is None or value is False or (isinstance(value, (list, tuple, dict, set)) and not value):
            continue
        raise InvalidDefinitionError(
            f"This version of Tidemill does not have {owner}({name}=) yet",
            subject=name,
            found=f"{name}={value!r}",
            expected=f"{owner} without {name}=",
            next_step=LATER[name],
        )


def refuse_unknown(owner: str, unknown: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse arguments that the function does not have."""
    for name in unknown:
        from tidemill.core.suggest import did_you_mean  # noqa: PLC0415  (the error path only)

        raise InvalidDefinitionError(
            f"{owner} has no argument {name!r}",
            subject=name,
            found=name,
            expected=", ".join(sorted(known)),
            next_step=did_you_mean(name, list(known)),
        )


def only_one(owner: str, **given: object) -> None:
    """At most one of these arguments may be given."""
    said = [name for name, value in given.items() if value is not None]
    if len(said) > 1:
        raise InvalidDefinitionError(
            f"{owner} was given {' and '.join(said)}, which exclude each other",
            subject=owner,
            found=", ".join(f"{name}={given[name]!r}" for name in said),
            expected=f"one of {', '.join(given)}",
        )


def refuse_twice(owner: str, names: Sequence[str], what: str) -> None:
    """Refuse names of which one stands there twice."""
    if len(set(names)) < len(names):
        twice = next(one for one, other in pairwise(sorted(names)) if one == other)
        raise InvalidDefinitionError(
            f"{owner!r} has the {what} {twice!r} more than once",
            subject=owner,
            found=f"{twice!r}, {names.count(twice)} times",
            expected=f"each {what} once",
        )


def wrong_type(owner: str, argument: str, found: object, expected: str) -> InvalidDefinitionError:
    """The error of an argument whose value is of the wrong kind."""
    return InvalidDefinitionError(
        f"{owner}: {argument} cannot be {found!r}",
        subject=owner,
        found=f"{found!r}, of type {type(found).__name__}",
        expected=expected,
    )


def valid_name(name: object, what: str) -> str:
    """`name` where it is made of letters, digits and underscores."""
    if isinstance(name, str) and name and NAME_CHARACTERS.issuperset(name):
        return name
    raise InvalidDefinitionError(
        f"{name!r} cannot be {what}",
        subject=str(name),
        found=repr(name),
        expected="letters, digits and underscores",
    )


def not_reserved(name: str, what: str) -> str:
    """`name` of a step or of an output, where it is no word that means something else."""
    if name not in RESERVED and not iskeyword(name):
        return name
    raise InvalidDefinitionError(
        f"{name!r} cannot be {what}: it is reserved",
        subject=name,
        found=repr(name),
        expected=f"no keyword of Python, and none of {', '.join(sorted(RESERVED))}",
        next_step="call it otherwise; an asset may also be so called under a prefix: key_prefix=…",
    )


def valid_key(key: AssetKey) -> AssetKey:
    """`key` where no part of it is empty."""
    if "" in key.parts:
        raise wrong_type(repr(key), "key", "", "parts that are not empty")
    return key


def valid_group(owner: str, group_name: str | None) -> str | None:
    """`group_name` where it can be one: a name, or several with slashes between them."""
    what = f"the group_name of {owner!r}"
    if isinstance(group_name, str) and "/" in group_name:
        return "/".join([valid_name(part, f"a part of {what}") for part in group_name.split("/")])
    return None if group_name is None else valid_name(group_name, what)


def clean_tags(
    owner: str, tags: Mapping[str, str] | None, kinds: Iterable[str] | None = None
) -> Mapping[str, str]:
    """Tags whose names are `name` or `prefix/name` and whose values are short, both without blanks.

    Kinds are tags too: `dagster/kind/KIND`, without a value.
    """
    if not tags and not kinds:
        return NOTHING_SAID
    tags = {} if tags is None else tags
    if not isinstance(tags, Mapping):
        raise wrong_type(owner, "tags", tags, "a dict of strings")
    for name, value in tags.items():
        parts = name.removeprefix(KIND_TAG).split("/") if isinstance(name, str) else []
        if not 1 <= len(parts) <= 2 or not all(_is_label(part) for part in parts):
            raise wrong_type(
                owner,
                "the name of a tag",
                name,
                "name or prefix/name, of up to 63 letters, digits, _, - and . each",
            )
        if not isinstance(value, str) or (value and not _is_label(value)):
            raise wrong_type(
                owner, f"the value of tag {name!r}", value, "up to 63 letters, digits, _, - and ."
            )
    return {**tags, **{KIND_TAG + kind: "" for kind in _checked_kinds(owner, kinds)}}


def _is_label(text: str) -> bool:
    return 1 <= len(text) <= 63 and TAG_CHARACTERS.issuperset(text)


def _checked_kinds(owner: str, kinds: Iterable[str] | None) -> list[str]:
    if isinstance(kinds, str):
        raise wrong_type(owner, "kinds", kinds, f"a set of strings, such as {{{kinds!r}}}")
    found = list(kinds or ())
    for kind in found:
        if not isinstance(kind, str) or not _is_label(kind):
            raise wrong_type(owner, "a kind", kind, "up to 63 letters, digits, _, - and .")
    return sorted(found)


def kinds_among(tags: Mapping[str, str]) -> Labels:
    """The kinds that tags tell of."""
    return Labels([name.removeprefix(KIND_TAG) for name in tags if name.startswith(KIND_TAG)])


def without_kinds(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags that tell of no kind."""
    return {name: value for name, value in tags.items() if not name.startswith(KIND_TAG)}


def kind_of_text(text: str) -> Labels:
    """The kind that a text in any words, such as `Web API`, stands for: `Web_API`."""
    letters = [letter if letter in TAG_CHARACTERS else "_" for letter in text[:63]]
    return Labels(["".join(letters)] if letters else ())


def clean_owners(owner: str, owners: Iterable[str] | None) -> Items[str]:
    """Owners that are e-mail addresses or `team:name`."""
    if not owners:
        return NO_ITEMS
    found = Items((owners,) if isinstance(owners, str) else owners)
    for one in found:
        if not isinstance(one, str) or not _is_owner(one):
            raise wrong_type(owner, "an owner", one, "an e-mail address, or team:name")
    return found


def _is_owner(text: str) -> bool:
    if text.startswith("team:"):
        return len(text) > len("team:")
    user, at, host = text.partition("@")
    return bool(user and at and "." in host.strip(".") and " " not in text and "@" not in host)
