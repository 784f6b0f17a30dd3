"""What the store keeps of steps that hand values on (design 16): values that are no assets, mapped steps, hooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_events import IDENTITY, begun, inline_artifact, tables

from tidemill.core.events import (
    HookRan,
    OutputRecord,
    Passed,
    RunSucceeded,
    StepExpanded,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Artifact, ErrorInfo, External, PassedValue
from tidemill.storage import Store
from tidemill.storage.keeping import addresses_in_use

SMALL = inline_artifact(b"small")
LARGE = Artifact("f" * 64, 5_000, "content", True, "builtins.list", IDENTITY)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path) if request.param == "file" else Store.in_memory()
    with opened:
        yield opened


def events() -> list:
    metadata = {"rows": MetadataValue.int(3)}
    external = External("files", "r/fan/result/b")
    return [
        *begun("r", "fan", "f", "end"),
        StepStarted(3, "fan"),
        Passed(4, "fan", 1, PassedValue("fan", "result", "a", "r", SMALL, None, metadata)),
        Passed(4, "fan", 1, PassedValue("fan", "result", "b", "r", None, external)),
        Passed(4, "fan", 1, PassedValue("fan", "other", None, "r", LARGE)),
        HookRan(5, "fan", 1, "tell", ErrorInfo("ValueError: no")),
        StepSucceeded(5, "fan", 1, outputs=(OutputRecord("result", "a"), OutputRecord("result", "b"))),
        StepExpanded(5, "f", ("a", "b", "c"), ("c",)),
        StepStarted(6, "f[a]"),
        StepSucceeded(7, "f[a]", 1),
    ]


def test_values_come_back_with_their_artifacts(store: Store) -> None:
    store.append("r", events())
    assert [stored.event for stored in store.events("r")] == events()
    assert store.artifact_users(LARGE.address) == []  # no version's
    assert store.asset_keys() == []


def test_a_mapped_step_is_told_as_the_steps_that_it_became(store: Store) -> None:
    store.append("r", events())
    assert {state.step: state.status for state in store.steps("r")} == {
        "fan": "succeeded",
        "end": "planned",
        "f[a]": "succeeded",
        "f[b]": "planned",
    }


def test_a_rebuild_changes_nothing(store: Store) -> None:
    store.append("r", events())
    before = tables(store)
    store.rebuild()
    assert tables(store) == before


def test_values_are_kept_as_long_as_the_events_of_their_run(store: Store) -> None:
    addresses = [SMALL.address, LARGE.address]
    store.append("r", [*events(), RunSucceeded(8)])
    assert addresses_in_use(store, addresses) == set(addresses)
    assert addresses_in_use(store, addresses, besides=["a"]) == set(addresses)
    store.trim(100, at=200, reason="keep_events=0s", rows=1_000)
    assert addresses_in_use(store, addresses) == set()
