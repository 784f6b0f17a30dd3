"""Codec: every record and every event survives JSON, bytes stay out, old and new rows are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tidemill.core import records
from tidemill.core.codec import decode, encode
from tidemill.core.events import KINDS, CancelRequested
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import (
    Artifact,
    CheckResult,
    CodeRef,
    ErrorInfo,
    External,
    FileIdentity,
    HeldValue,
    Lease,
    LiveRun,
    Observation,
    PassedValue,
    PlannedStep,
    Run,
    RunState,
    Standing,
    StepState,
    Version,
    VersionRef,
)

KEY = AssetKey(["raw", "a/b"])
METADATA = {"score": MetadataValue.float(float("nan")), "plot": MetadataValue.md("![x](y)")}
IDENTITY = FileIdentity(1, 2, 3, 4)
ERROR = ErrorInfo("ValueError: bad", ("frame",), "ValueError", ErrorInfo("KeyError: 'x'"), "why", METADATA)
VERSION = Version(
    id="v1",
    asset=KEY,
    partition="p",
    made_at=5,
    data_version="d",
    code_version="c",
    artifact=Artifact("addr", 10, "content", True, "builtins.int", IDENTITY),
    external=External("files", "s3://x"),
    version_key="k",
    inputs=(VersionRef(KEY, None, "v0", "d0"),),
    metadata=METADATA,
    tags={"t": "1"},
    description="text",
    reused_from="v0",
    number=3,
    run_id="r",
    step="s",
)
STEP = PlannedStep("s", (KEY, AssetKey("b")), "p")
RUN = Run(
    "r", "job", 1, {"ops": {"a": {"config": {"n": 1}}}}, {"t": "1"}, (STEP,), "*x", "p",
    CodeRef("file", "a.py"), "r0", Lease("h", "b", 1, 2), {"python": "3.12"},
)  # fmt: skip

SAMPLES: dict[str, Any] = {
    "int": 7,
    "int | None": 7,
    "Lease": Lease("h", "b", 1, 2),
    "float": 0.5,
    "float | None": 0.5,
    "str": "text",
    "Run": RUN,
    "Version": VERSION,
    "ErrorInfo": ERROR,
    "ErrorInfo | None": ERROR,
    "PassedValue": PassedValue("s[k]", "result", "k", "r", VERSION.artifact, VERSION.external, METADATA),
    "Observation": Observation(KEY, "p", "d", METADATA, {"t": "1"}, "text"),
    "CheckResult": CheckResult(KEY, "c", False, "WARN", True, "p", "v1", METADATA, "text"),
    "AssetKey": KEY,
    "Mapping[str, str]": {"team": "a"},
    "tuple[str, ...]": ("a", "b"),
    "tuple[str, ...] | None": ("a", "b"),
    "tuple[int, ...]": (3, 4),
}


RECORDS: Any = (
    VERSION,
    RUN,
    ERROR,
    CodeRef("module", "m"),
    RunState(RUN, 1, "failed", 1, 2, ERROR),
    StepState("s", "blocked", 2, cause="x"),
    CheckResult(KEY, "c", True),
    LiveRun("r", 1, "job", 2, Lease("h", "b", 1, 2), 5),
    Standing("v1", 1, "key", "d", 5),
    PassedValue("s", "result"),
    HeldValue(9, "v1", "a", "p", 2, 5, "addr", 10, 12, True),
    Observation(KEY),
    PlannedStep("s"),
)


def through_json(record: Any) -> Any:
    return decode(type(record), json.loads(json.dumps(encode(record), allow_nan=False)))


def sample_of(cls: Any) -> Any:
    """An event in which no field has its default."""
    from tidemill.core.events import OutputRecord, Withheld

    samples = SAMPLES | {
        "tuple[OutputRecord, ...]": (OutputRecord("result", "m"), OutputRecord("b")),
        "tuple[Withheld, ...]": (Withheld(KEY, "p", "k", "v0"), Withheld(KEY, None, "k")),
    }
    return cls(**{name: samples[cls.__annotations__[name].__forward_arg__] for name in cls._fields})


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
def test_every_event_survives(cls: Any) -> None:
    event = sample_of(cls)
    assert through_json(event) == event
    bare = cls(**{name: getattr(event, name) for name in cls._fields if name not in cls._field_defaults})
    assert through_json(bare) == bare


@pytest.mark.parametrize(
    "record",
    RECORDS,
    ids=lambda record: type(record).__name__,
)
def test_every_record_survives(record: Any) -> None:
    assert through_json(record) == record


def test_the_samples_hold_every_record_class() -> None:
    def within(value: Any) -> set[type]:
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
        return {type(value)}.union(*map(within, inner))

    classes = {cls for cls in vars(records).values() if isinstance(cls, type) and hasattr(cls, "_fields")}
    assert classes - within(RECORDS) == set()


def test_bytes_never_enter_json() -> None:
    artifact = Artifact("addr", 3, "content", True, "builtins.int", inline=b"abc")
    assert "inline" not in encode(artifact)
    assert through_json(artifact) == artifact._replace(inline=None)


def test_what_holds_its_default_is_left_out() -> None:
    assert encode(PlannedStep("s")) == {"step": "s"}
    assert encode(ErrorInfo("m", metadata={})) == {"message": "m"}


def test_a_row_of_a_newer_tidemill_is_read() -> None:
    assert decode(PlannedStep, {"step": "s", "colour": "red"}) == PlannedStep("s")


class Odd(NamedTuple):
    value: complex


class Nested(NamedTuple):
    items: tuple[VersionRef, ...] = ()
    by_name: Mapping[str, AssetKey] = {}
    anything: object = None


def test_a_type_without_a_json_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="complex"):
        encode(Odd(1j))


def test_containers_of_records_and_keys() -> None:
    nested = Nested((VersionRef(KEY, None, "v", "d"),), {"a": KEY}, {"free": [1, None]})
    assert encode(nested)["by_name"] == {"a": KEY.text}
    assert through_json(nested) == nested


def test_a_request_to_end_of_before_it_named_a_grace() -> None:
    assert decode(CancelRequested, {"at": 1, "reason": "enough"}) == CancelRequested(1, "enough", None)
