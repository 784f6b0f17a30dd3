"""api.md 1.7: fixed, dynamic and two-dimensional partitions."""

from __future__ import annotations

import pickle

import pytest

from tidemill import (
    DailyPartitionsDefinition,
    DynamicPartitionsDefinition,
    InvalidDefinitionError,
    InvalidInvocationError,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    PartitionKeyRange,
    StaticPartitionsDefinition,
    UnknownPartitionError,
)
from tidemill.definitions.partitions.partitions import World

LETTERS = StaticPartitionsDefinition(["a", "b", "c"])
BOTH = MultiPartitionsDefinition(
    {
        "date": DailyPartitionsDefinition("2024-01-01", end_date="2024-01-03"),
        "color": StaticPartitionsDefinition(["r", "g"]),
    }
)
WORLD = World(dynamic={"people": ("bob", "ada")})


def test_fixed_keys() -> None:
    assert LETTERS.get_partition_keys() == ["a", "b", "c"]
    assert LETTERS.get_num_partitions() == 3
    assert (LETTERS.get_first_partition_key(), LETTERS.get_last_partition_key()) == ("a", "c")
    assert LETTERS.has_partition_key("b")
    assert not LETTERS.has_partition_key("x")
    assert LETTERS.get_partition_keys_in_range(PartitionKeyRange("b", "c")) == ["b", "c"]
    assert LETTERS.get_partition_keys_in_range(PartitionKeyRange("c", "a")) == []
    assert StaticPartitionsDefinition(["a", "b", "c"]) == LETTERS
    with pytest.raises(UnknownPartitionError, match="Could not find a partition with key 'x'"):
        LETTERS.get_partition_keys_in_range(PartitionKeyRange("a", "x"))


@pytest.mark.parametrize("keys", ["abc", ["a", "a"], ["a...b"], ["a\nb"], [""], [1], 3])
def test_bad_fixed_keys_are_refused(keys: object) -> None:
    with pytest.raises(InvalidDefinitionError):
        StaticPartitionsDefinition(keys)  # type: ignore[arg-type]


def test_dynamic_keys_are_given_by_whoever_knows_them() -> None:
    people = DynamicPartitionsDefinition(name="people")
    assert people.get_partition_keys(dynamic_partitions_store=WORLD) == ["bob", "ada"]
    assert people.has_partition_key("ada", dynamic_partitions_store=WORLD)
    assert not people.has_partition_key("eve", dynamic_partitions_store=WORLD)
    assert DynamicPartitionsDefinition(name="none").get_partition_keys(None, WORLD) == []
    with pytest.raises(InvalidDefinitionError, match="instance is not available"):
        people.get_partition_keys()


def test_dynamic_keys_by_a_function() -> None:
    assert DynamicPartitionsDefinition(lambda now: ["x", "y"]).get_partition_keys() == ["x", "y"]
    with pytest.raises(InvalidDefinitionError, match="Must provide either partition_fn or name"):
        DynamicPartitionsDefinition()
    with pytest.raises(InvalidDefinitionError, match="Cannot provide both partition_fn and name"):
        DynamicPartitionsDefinition(lambda now: [], name="x")


def test_requests_for_dynamic_keys() -> None:
    people = DynamicPartitionsDefinition(name="people")
    assert people.build_add_request(["x"]) == ("people", ["x"])
    assert people.build_delete_request(["x"]) == ("people", ["x"])
    with pytest.raises(InvalidDefinitionError, match="a list of strings"):
        people.build_add_request("x")


def test_keys_in_two_dimensions() -> None:
    keys = BOTH.get_partition_keys()
    assert keys == ["r|2024-01-01", "r|2024-01-02", "g|2024-01-01", "g|2024-01-02"]
    assert all(isinstance(key, MultiPartitionKey) for key in keys)
    assert keys[0].keys_by_dimension == {"color": "r", "date": "2024-01-01"}
    assert (BOTH.get_first_partition_key(), BOTH.get_last_partition_key()) == (keys[0], keys[-1])
    assert BOTH.get_num_partitions() == 4
    assert BOTH.has_partition_key("r|2024-01-01")
    assert BOTH.has_partition_key(MultiPartitionKey({"date": "2024-01-01", "color": "r"}))
    assert not BOTH.has_partition_key("x")
    assert not BOTH.has_partition_key(MultiPartitionKey({"day": "2024-01-01", "color": "r"}))
    assert BOTH.time_window_for_partition_key("g|2024-01-02").start.isoformat() == "2024-01-02T00:00:00+00:00"
    assert BOTH.sorted_keys(reversed(keys)) == keys


def test_a_range_in_two_dimensions_is_a_rectangle() -> None:
    found = BOTH.get_partition_keys_in_range(PartitionKeyRange("r|2024-01-01", "g|2024-01-01"))
    assert found == ["r|2024-01-01", "g|2024-01-01"]
    assert BOTH.get_multipartition_keys_with_dimension_value("color", "g") == ["g|2024-01-01", "g|2024-01-02"]


def test_a_key_in_two_dimensions() -> None:
    key = MultiPartitionKey({"d": "1", "c": "a"})
    assert key == "a|1"
    assert repr(key) == "'a|1'"
    assert type(str(key)) is str
    again = pickle.loads(pickle.dumps(key))
    assert again.keys_by_dimension == key.keys_by_dimension == {"c": "a", "d": "1"}
    assert BOTH.get_tags_for_partition_key("r|2024-01-01") == {
        "dagster/partition": "r|2024-01-01",
        "dagster/partition/color": "r",
        "dagster/partition/date": "2024-01-01",
    }


def test_bad_dimensions_are_refused() -> None:
    with pytest.raises(InvalidInvocationError, match="2 dimensions, and 1"):
        MultiPartitionsDefinition({"a": LETTERS})
    with pytest.raises(InvalidDefinitionError, match="a definition of partitions"):
        MultiPartitionsDefinition({"a": LETTERS, "b": ["x"]})  # type: ignore[dict-item]
    with pytest.raises(InvalidDefinitionError, match="no key may hold it"):
        MultiPartitionsDefinition({"a": LETTERS, "b": StaticPartitionsDefinition(["x|y"])})


def test_dynamic_keys_in_one_of_two_dimensions() -> None:
    both = MultiPartitionsDefinition({"who": DynamicPartitionsDefinition(name="people"), "what": LETTERS})
    assert both.get_num_partitions(None, WORLD) == 6
    assert both.get_partition_keys(None, WORLD)[:2] == ["a|bob", "a|ada"]
    assert both.has_partition_key("c|ada", None, WORLD)
