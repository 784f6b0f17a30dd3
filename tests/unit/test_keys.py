"""Names: one lossless text form each, immutable, hashable, the same after pickling."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given, strategies as st

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey, PartitionSet, StepKey, VersionAddress

PARTS = st.lists(st.text(st.sampled_from("ab/\\ .é@[")), min_size=1, max_size=4)


@given(PARTS)
def test_text_of_a_key_is_lossless(parts: list[str]) -> None:
    key = AssetKey(parts)
    assert AssetKey.from_text(key.text) == key
    assert json.loads(key.to_string()) == key.path == parts
    assert pickle.loads(pickle.dumps(key)) == key == copy.deepcopy(key)
    assert hash(pickle.loads(pickle.dumps(key))) == hash(key)


@given(PARTS, PARTS)
def test_different_keys_have_different_texts(one: list[str], other: list[str]) -> None:
    assert (AssetKey(one).text == AssetKey(other).text) == (one == other)


def test_a_string_is_one_part() -> None:
    assert AssetKey("a/b").path == ["a/b"]
    assert AssetKey("a/b").text == "a\\/b"
    assert AssetKey("a") == AssetKey(["a"]) == AssetKey(("a",))
    assert AssetKey.from_user_string("a/b").path == ["a", "b"]
    assert str(AssetKey(["a", "b"])) == "AssetKey(['a', 'b'])"
    assert repr(AssetKey(["a", "b"])) == "AssetKey(['a', 'b'])"


@pytest.mark.parametrize("path", [[], [1], 5, None, b"ab", {"a": 1}, ["a", None]])
def test_a_key_is_made_of_strings(path: object) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        AssetKey(path)  # type: ignore[arg-type]
    assert caught.value.subject == repr(path)
    assert caught.value.expected


def test_what_a_key_can_be_made_of() -> None:
    class Asset:
        key = AssetKey("a")

    for value in (AssetKey("a"), "a", ["a"], ("a",), Asset()):
        assert AssetKey.from_coercible(value) == AssetKey("a")
    for wrong in (3, None, object()):
        with pytest.raises(InvalidDefinitionError, match="Cannot make an asset key"):
            AssetKey.from_coercible(wrong)


def test_prefixes() -> None:
    key = AssetKey("x").with_prefix(["a", "b"])
    assert key.path == ["a", "b", "x"]
    assert key.has_prefix(["a"])
    assert key.has_prefix(["a", "b"])
    assert not key.has_prefix(["b"])
    assert AssetKey("x").with_prefix("a/b").path == ["a/b", "x"]


def test_identifiers() -> None:
    assert AssetKey(["a", "b"]).to_python_identifier() == "a__b"
    assert AssetKey(["a-b"]).to_python_identifier("out") == "a_b__out"


def test_keys_are_immutable_and_ordered() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        AssetKey("a").text = "b"
    assert sorted([AssetKey("b"), AssetKey(["a", "z"]), AssetKey("a")]) == [
        AssetKey("a"),
        AssetKey(["a", "z"]),
        AssetKey("b"),
    ]
    assert AssetKey("a") != "a"


def test_names_of_checks_and_steps() -> None:
    assert AssetCheckKey(AssetKey(["a", "b"]), "c").to_user_string() == "a/b:c"
    assert StepKey("u").text == "u"
    assert StepKey("u", PartitionSet(["p"]), "m").text == "u[m]"


def test_a_set_of_partitions() -> None:
    partitions = PartitionSet(["b", "a", "b"])
    assert partitions.keys == ("b", "a")
    assert len(partitions) == 2
    assert partitions.single is None
    assert PartitionSet(["a"]).single == "a"
    assert partitions == PartitionSet(["a", "b"]) == pickle.loads(pickle.dumps(partitions))
    assert hash(partitions) == hash(PartitionSet(["a", "b"]))
    with pytest.raises(AttributeError, match="immutable"):
        partitions.keys = ()
    with pytest.raises(InvalidDefinitionError, match="at least one"):
        PartitionSet([])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a", VersionAddress(AssetKey("a"))),
        ("a/b@7", VersionAddress(AssetKey(["a", "b"]), None, 7)),
        ("a@champion", VersionAddress(AssetKey("a"), None, "champion")),
        ("a[2024-05-01]@3", VersionAddress(AssetKey("a"), "2024-05-01", 3)),
        ("a[p@q]", VersionAddress(AssetKey("a"), "p@q")),
        ("a[p@q]@3", VersionAddress(AssetKey("a"), "p@q", 3)),
        ("a[x[1]]@b", VersionAddress(AssetKey("a"), "x[1]", "b")),
    ],
)
def test_addresses_of_versions(text: str, address: VersionAddress) -> None:
    assert VersionAddress.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "@3", "a@", "a[]", "a[p", "a[p@3", "[p]@3", "a[p]x"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        VersionAddress.parse(text)
    assert caught.value.subject == text
    assert "asset@7" in (caught.value.expected or "")


def test_a_check_key_as_text_and_under_a_prefix() -> None:
    key = AssetCheckKey(AssetKey(["p", "a"]), "n")
    assert AssetCheckKey.from_user_string(key.to_user_string()) == key
    assert AssetCheckKey(AssetKey("a"), "n").with_asset_key_prefix("p") == key
    with pytest.raises(InvalidDefinitionError, match="names no check"):
        AssetCheckKey.from_user_string("a")
