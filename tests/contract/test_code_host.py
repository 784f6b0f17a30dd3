"""What every host of code must do, whichever way it runs it: by forks, or where that is impossible by interpreters."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from workshops import Shop, workshop_in

from tidemill.core.errors import (
    InvalidConfigError,
    InvalidSubsetError,
    InvariantViolationError,
    RunNotFoundError,
    StepNotFoundError,
    TidemillError,
)
from tidemill.core.keys import AssetKey
from tidemill.server.models import ConfigCheck, RerunRequest

PIPELINE = """
from pathlib import Path
from tidemill import Config, StaticPartitionsDefinition, asset, define_asset_job

class Size(Config):
    n: int = 3
    name: str = "few"

@asset(group_name="raw")
def rows(config: Size):
    return list(range(config.n))

@asset
def total(rows):
    return sum(rows)

@asset
def shaky(total):
    if Path(__file__).with_name("broken").exists():
        raise ValueError("it is broken")
    return total + 1

@asset(partitions_def=StaticPartitionsDefinition(["eu", "us", "ap"]))
def region(context):
    return {key: key.upper() for key in context.partition_keys}

nightly = define_asset_job("nightly", selection=["rows", "total"])
"""
THREADS = """
import threading
_waiting = threading.Event()
threading.Thread(target=_waiting.wait, daemon=True).start()
"""
PLAIN = ["rows", "total", "shaky"]
REGION = AssetKey("region")


@pytest.fixture(params=["forked", "interpreters"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    source = PIPELINE + (THREADS if request.param == "interpreters" else "")
    with workshop_in(tmp_path, source) as shop:
        assert shop.ready().status == "ready", shop.ready()
        yield shop


def test_it_has_the_definitions(shop: Shop) -> None:
    code, snapshot = shop.ready(), shop.workshop.snapshot
    assert snapshot is not None
    assert (code.status, code.snapshot, code.problem) == ("ready", snapshot.id, None)
    assert code.target == f"file:{shop.folder / 'p.py'}"
    assert list(snapshot.nodes) == ["rows", "total", "shaky", "region"]
    assert snapshot.nodes["rows"].jobs == ["nightly"]


def test_a_run_is_recorded_before_the_answer_comes(shop: Shop) -> None:
    asked = shop.launch(assets=PLAIN, tags={"why": "test"}, config={"ops": {"rows": {"config": {"n": 5}}}})
    with shop.store() as told:
        run = told.run(asked.number or 0)
    assert (asked.number, asked.id, run.run.tags["why"]) == (1, run.run.id, "test")
    assert shop.ended(asked.number) == "succeeded"
    with shop.store() as told:
        assert told.values(PLAIN) == [[0, 1, 2, 3, 4], 10, 11]
        assert run.run.code is not None
        assert str(run.run.code) == shop.ready().target


def test_what_is_asked_for_is_what_runs(shop: Shop) -> None:
    def steps(**asked: object) -> list[str]:
        number = shop.launch(**asked).number
        assert shop.ended(number) == "succeeded"
        with shop.store() as told:
            return list(told.steps(number or 0))

    assert steps(assets=PLAIN) == PLAIN
    assert steps(selection="total", what="from") == ["total", "shaky"]
    assert steps(job="nightly") == ["rows", "total"]
    assert steps(assets=["region"], partitions=["eu...us"]) == ["region"]
    with shop.store() as told:
        assert set(told.home.store.version_counts(REGION)) == {(REGION, "eu"), (REGION, "us")}


def test_stale_is_what_is_not_fresh(shop: Shop) -> None:
    assert shop.ended(shop.launch(assets=["rows", "total"]).number) == "succeeded"
    number = shop.launch(assets=PLAIN, what="stale").number
    assert shop.ended(number) == "succeeded"
    with shop.store() as told:
        assert told.statuses(number or 0) == {"rows": "reused", "total": "reused", "shaky": "succeeded"}
    nothing = shop.launch(assets=PLAIN, what="stale")
    assert (nothing.number, nothing.id, nothing.why) == (None, None, "all 3 assets are up to date")


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"selection": "nowhere"}, InvalidSubsetError, "nowhere"),
        ({"assets": []}, InvalidSubsetError, "No assets"),
        ({"assets": ["rows"], "selection": "rows"}, InvalidSubsetError, "or of assets"),
        ({"what": "from"}, InvalidConfigError, "From which"),
        ({"job": "nihgtly"}, InvariantViolationError, "nihgtly"),
        (
            {"assets": ["rows"], "config": {"ops": {"rows": {"config": {"n": "x"}}}}},
            InvalidConfigError,
            "ops:rows",
        ),
        ({"assets": ["region"]}, TidemillError, "Which partition"),
        ({"assets": ["region"], "partitions": ["mars"]}, TidemillError, "mars"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_recorded(
    shop: Shop, asked: dict[str, object], error: type[TidemillError], says: str
) -> None:
    with pytest.raises(error) as raised:
        shop.launch(**asked)
    assert says in str(raised.value)
    with shop.store() as told:
        assert told.home.store.runs() == []


def test_a_run_is_run_again_from_its_failure_or_from_a_step(shop: Shop) -> None:
    shop.write("", "broken")
    first = shop.launch(assets=PLAIN)
    assert shop.ended(first.number) == "failed"
    (shop.folder / "broken").unlink()

    def again(asked: RerunRequest) -> list[str]:
        number = shop.workshop.rerun(first.id or "", asked).number
        assert shop.ended(number) == "succeeded"
        with shop.store() as told:
            assert told.run(number or 0).run.parent_id == first.id
            return list(told.steps(number or 0))

    assert again(RerunRequest(part="failure")) == ["shaky"]
    assert again(RerunRequest(part="from", step="total")) == ["total", "shaky"]
    assert again(RerunRequest()) == PLAIN
    with pytest.raises(RunNotFoundError):
        shop.workshop.rerun("9999", RerunRequest())
    with pytest.raises(StepNotFoundError):
        shop.workshop.rerun(first.id or "", RerunRequest(part="from", step="nowhere"))
    with pytest.raises(InvalidConfigError, match="From which step"):
        shop.workshop.rerun(first.id or "", RerunRequest(part="from"))


def test_the_form_has_schema_defaults_and_what_was_last_given(shop: Shop) -> None:
    form = shop.workshop.form(None, ["rows", "total"], None)
    assert (form.assets, form.steps, form.last_run) == (["rows", "total"], 2, None)
    (unit,) = form.units
    assert (unit.unit, unit.assets, unit.defaults, unit.last) == (
        "rows",
        ["rows"],
        {"n": 3, "name": "few"},
        None,
    )
    assert unit.schema_["properties"]["n"]["type"] == "integer"
    number = shop.launch(assets=["rows"], config={"ops": {"rows": {"config": {"n": 8}}}}).number
    assert shop.ended(number) == "succeeded"
    form = shop.workshop.form("rows", None, None)
    assert (form.units[0].last, form.last_run) == ({"n": 8, "name": "few"}, number)
    sliced = shop.workshop.form("region", None, None)
    assert (sliced.partitions, sliced.partitions_total) == (["ap", "us", "eu"], 3)
    assert shop.workshop.form(None, None, "nightly").assets == ["rows", "total"]


def test_config_is_checked_with_paths(shop: Shop) -> None:
    def problems(config: dict[str, object]) -> list[str]:
        return [
            each.path for each in shop.workshop.check(ConfigCheck(assets=["rows"], config=config)).problems
        ]

    assert problems({"ops": {"rows": {"config": {"n": 4}}}}) == []
    assert problems({"ops": {"rows": {"config": {"n": "x", "m": 1}}}}) == [
        "root:ops:rows:config:n",
        "root:ops:rows:config:m",
    ]
    assert problems({"ops": {"nope": {}}}) == ["root:ops:nope"]
    with pytest.raises(InvalidSubsetError):
        shop.workshop.check(ConfigCheck(selection="nowhere"))
