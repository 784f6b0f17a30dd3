"""Results: what a function gives back or raises."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from test_asset_decorator import written

from tidemill.compat.files import file_relative_path
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.results import (
    AssetCheckResult,
    AssetMaterialization,
    AssetObservation,
    DataVersion,
    Failure,
    MaterializeResult,
    ObserveResult,
    Output,
    RetryRequested,
)
from tidemill.definitions.specs.checks import AssetCheckSeverity
from tidemill.definitions.values import UNSET

FACT = "asset_key, description=None, metadata=None, partition=None, tags=None"
RESULT = "asset_key=None, metadata=None, check_results=None, data_version=None, tags=None"
PUBLIC_SIGNATURES = {
    Output: "value, output_name='result', metadata=None, data_version=None, *, tags=None",
    MaterializeResult: f"{RESULT}, value=<Unset.UNSET: 'unset'>",
    ObserveResult: RESULT,
    AssetMaterialization: FACT,
    AssetObservation: FACT,
    AssetCheckResult: "*, passed, asset_key=None, check_name=None, metadata=None, "
    "severity=<AssetCheckSeverity.ERROR: 'ERROR'>, description=None",
    DataVersion: "value",
    Failure: "description=None, metadata=None, allow_retries=None",
    RetryRequested: "max_retries=1, seconds_to_wait=None",
}


@pytest.mark.parametrize("cls", PUBLIC_SIGNATURES, ids=lambda cls: cls.__name__)
def test_public_signatures(cls: Any) -> None:
    assert written(cls.__init__) == PUBLIC_SIGNATURES[cls]


def test_output() -> None:
    output = Output(3, "train", {"rows": 3, "note": "x"}, DataVersion("v"), tags={"a": "b"})
    assert (output.value, output.output_name, output.data_version) == (3, "train", DataVersion("v"))
    assert output.metadata == {"rows": MetadataValue.int(3), "note": MetadataValue.text("x")}
    assert output.tags == {"a": "b"}
    assert (Output(None).metadata, Output(None).output_name) == ({}, "result")


def test_output_of_a_type() -> None:
    assert Output[int](3) == Output(3)


def test_metadata_of_no_known_kind_becomes_text() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    value = Output(1, metadata={"odd": Odd()}).metadata["odd"]
    assert "<odd>" in str(value.value)


def test_empty_metadata_is_not_shared() -> None:
    first, second = Output(1), Output(2)
    assert first.metadata is not second.metadata


def test_materialize_result() -> None:
    check = AssetCheckResult(passed=True)
    result = MaterializeResult(["p", "a"], {"n": 1}, [check], DataVersion("v"), {"t": "u"}, None)
    assert result.asset_key == AssetKey(["p", "a"])
    assert (list(result.check_results), result.tags, result.value) == ([check], {"t": "u"}, None)
    assert MaterializeResult().value is UNSET
    assert ObserveResult("a", {"n": 1}).metadata == {"n": 1}
    assert ObserveResult("a", {"n": 1}).coerced().metadata == {"n": MetadataValue.int(1)}


def test_facts() -> None:
    fact = AssetMaterialization(["p", "a"], "d", {"n": 1}, "monday", {"t": "u"})
    assert (fact.asset_key, fact.label, fact.partition) == (AssetKey(["p", "a"]), "p a", "monday")
    assert AssetMaterialization("a") != AssetObservation("a")
    assert AssetObservation("a") == AssetObservation(AssetKey("a"))


def test_the_words_of_a_text_are_the_parts_of_the_key_of_an_event() -> None:
    assert AssetMaterialization("a/b-c.d e").asset_key == AssetKey(["a", "b", "c", "d", "e"])
    assert AssetObservation("größe_1").asset_key == AssetKey("größe_1")
    assert AssetMaterialization(AssetKey("a/b")).asset_key == AssetKey("a/b")
    assert AssetMaterialization("a", metadata={"x": 1}).with_metadata({"y": 2}).metadata["y"].value == 2


def test_a_file_is_named_by_its_path() -> None:
    made = AssetMaterialization.file("out/a.csv", "rows")
    assert (made.asset_key, made.description) == (AssetKey(["out", "a", "csv"]), "rows")
    assert made.metadata == {"path": MetadataValue.path("out/a.csv")}
    assert AssetMaterialization.file("a.csv", asset_key=["p", "q"]).asset_key == AssetKey(["p", "q"])


def test_check_result_takes_booleans_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    assert AssetCheckResult(passed=numpy.bool_(False)).passed is False
    assert AssetCheckResult(passed=True, severity=AssetCheckSeverity.WARN).severity is AssetCheckSeverity.WARN


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: AssetCheckResult(passed=1), "passed"),
        (lambda: AssetCheckResult(passed="yes"), "passed"),
        (lambda: Output(1, data_version="v"), "data_version"),
        (lambda: Output(1, tags={"a": 1}), "tags"),
        (lambda: MaterializeResult(check_results=[True]), "check_results"),
        (lambda: DataVersion(3), "value"),
    ],
)
def test_values_that_cannot_be(make: Any, argument: str) -> None:
    with pytest.raises(InvalidInvocationError) as caught:
        make()
    assert caught.value.subject == argument


def test_failure_keeps_its_story_across_processes() -> None:
    failure = pickle.loads(pickle.dumps(Failure("no data", {"rows": 0}, allow_retries=False)))
    assert (str(failure), failure.description, failure.allow_retries) == ("no data", "no data", False)
    assert failure.metadata == {"rows": MetadataValue.int(0)}
    assert (Failure().allow_retries, Failure().metadata, str(Failure())) == (True, {}, "")


def test_retry_requested() -> None:
    request = pickle.loads(pickle.dumps(RetryRequested(3, seconds_to_wait=0.5)))
    assert (request.max_retries, request.seconds_to_wait) == (3, 0.5)


def test_paths_beside_a_file() -> None:
    assert file_relative_path("/a/b/c.py", "../d.txt") == "/a/d.txt"
    assert file_relative_path("/a/b/c.py", "d.txt") == "/a/b/d.txt"
    assert file_relative_path("c.py", "d.txt") == "d.txt"
