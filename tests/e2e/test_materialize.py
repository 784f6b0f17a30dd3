"""`materialize` and its twin in memory: what runs, what a child receives, what is raised, what stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

import tidemill
from tidemill import (
    AssetKey,
    AssetSelection,
    AssetSpec,
    DagsterInstance,
    MaterializeResult,
    SourceAsset,
    asset,
    asset_check,
    materialize,
    materialize_to_memory,
)
from tidemill.core.errors import InvalidSubsetError, ValueNotStoredError

BIG = 100_000


@asset
def numbers() -> list[int]:
    return [1, 2, 3]


@asset
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where temporary stores are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_assets_run_in_the_order_of_their_needs() -> None:
    result = materialize([total, numbers])
    assert result.success
    assert result.asset_value("total") == 6
    assert [event.asset_key for event in result.get_asset_materialization_events()] == [
        AssetKey("numbers"),
        AssetKey("total"),
    ]


def test_nothing_to_run_succeeds() -> None:
    result = materialize([])
    assert result.success
    assert result.get_asset_materialization_events() == []


def test_lists_of_assets_are_flattened() -> None:
    assert materialize([[numbers], [[total]]]).asset_value(total) == 6


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_the_job_is_the_ephemeral_one(run) -> None:
    assert run([numbers]).dagster_run.job_name == "__ephemeral_asset_job__"


def test_tags_reach_the_run() -> None:
    seen = {}

    @asset
    def tagged(context) -> None:
        seen.update(context.run_tags)

    result = materialize([tagged], tags={"who": "me"})
    assert result.dagster_run.tags["who"] == seen["who"] == "me"


def test_a_child_receives_its_own_copy() -> None:
    made: list[list[int]] = []

    @asset
    def parent():
        made.append([1])
        return made[0]

    @asset
    def first(parent):
        parent.append(2)
        return parent

    @asset(deps=[first])
    def second(parent):
        return parent is not made[0], parent

    result = materialize([parent, first, second])
    assert result.asset_value("first") == [1, 2]
    assert result.asset_value("second") == (True, [1])
    assert result.asset_value("parent") == made[0] == [1]


def test_in_memory_a_child_receives_the_very_object() -> None:
    class Unpicklable:
        def __reduce__(self) -> str:
            raise TypeError("no")

    made = Unpicklable()

    @asset
    def parent():
        return made

    @asset
    def child(parent):
        return parent is made

    result = materialize_to_memory([parent, child])
    assert result.asset_value("child") is True
    assert result.asset_value("parent") is made


def test_in_memory_no_io_manager_is_needed() -> None:
    @asset(io_manager_key="warehouse")
    def table() -> int:
        return 3

    @asset
    def rows(table: int) -> int:
        return table + 1

    assert materialize_to_memory([table, rows]).asset_value("rows") == 4


def test_nothing_is_left_behind(temporary: Path) -> None:
    @asset
    def big() -> bytes:
        return os.urandom(BIG)

    result = materialize([big])
    assert len(result.asset_value("big")) == BIG
    assert len(list(temporary.iterdir())) == 1
    del result
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_behind_after_a_failure(temporary: Path) -> None:
    @asset
    def big() -> bytes:
        return os.urandom(BIG)

    @asset
    def bad(big: bytes) -> None:
        assert len(list(temporary.iterdir())) == 1
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        materialize([big, bad])
    import gc

    gc.collect()  # pytest keeps the frames of what was raised until here
    assert list(temporary.iterdir()) == []


def test_a_caught_failure_frees_the_run_without_the_garbage_collector(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import gc, os, sys, tempfile
tempfile.tempdir = sys.argv[1]
from tidemill import asset, materialize
gc.disable()
@asset
def big():
    return os.urandom(100_000)
@asset
def bad(big):
    raise ValueError("no")
try:
    materialize([big, bad])
except ValueError:
    print(len(os.listdir(sys.argv[1])))
if sys.version_info >= (3, 13):
    gc.collect()  # there the frames of a failure keep one another alive until a collection
print(len(os.listdir(sys.argv[1])))
"""
    )
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "0"]


def test_nothing_is_written_where_the_process_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    materialize([numbers, total])
    assert list(tmp_path.iterdir()) == []


class Rejected(ValueError):
    def __init__(self, code: int, *, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


def helper() -> None:
    raise Rejected(3, reason="full")


@asset
def rejected(numbers: list[int]) -> int:
    helper()
    return 1


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_the_very_exception_comes_out(run) -> None:
    with pytest.raises(Rejected) as caught:
        run([numbers, rejected])
    assert (caught.value.args, caught.value.code, caught.value.reason) == ((3,), 3, "full")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_the_traceback_is_the_users(run) -> None:
    with pytest.raises(Rejected) as caught:
        run([numbers, rejected])
    frames = traceback.extract_tb(caught.value.__traceback__)
    own = str(Path(tidemill.__file__).parent)
    assert [frame.name for frame in frames][-3:] == [run.__name__, "rejected", "helper"]
    assert [frame.name for frame in frames if frame.filename.startswith(own)] == [run.__name__]


def test_the_cause_of_an_exception_is_kept() -> None:
    @asset
    def chained() -> None:
        try:
            {}["missing"]
        except KeyError as error:
            raise RuntimeError("outer") from error

    with pytest.raises(RuntimeError) as caught:
        materialize([chained])
    assert isinstance(caught.value.__cause__, KeyError)
    result = materialize([chained], raise_on_error=False)
    error = result.failure_data_for_node("chained").error
    assert (error.cause.cls_name, error.cause.cause.cls_name) == ("RuntimeError", "KeyError")
    assert "outer" in error.to_string()
    assert "missing" in error.to_string()


def test_the_first_version_stays_when_a_later_asset_raises(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        with pytest.raises(Rejected):
            materialize([numbers, rejected], instance=instance)
        assert instance.load_asset_value("numbers") == [1, 2, 3]
        with pytest.raises(ValueNotStoredError):
            instance.load_asset_value("rejected")
        (run,) = instance.get_runs()
        assert run.is_failure


def test_independent_branches_still_run_after_a_failure() -> None:
    ran = []

    @asset
    def bad() -> int:
        raise ValueError("no")

    @asset
    def child(bad: int) -> None:
        ran.append("child")

    @asset
    def other(numbers: list[int]) -> int:
        ran.append("other")
        return 1

    result = materialize([bad, child, numbers, other], raise_on_error=False)
    assert not result.success
    assert ran == ["other"]
    assert result.asset_value("other") == 1
    assert result.is_node_untouched("child")


def test_with_two_failures_the_first_is_raised() -> None:
    @asset
    def one() -> None:
        raise KeyError("one")

    @asset
    def two() -> None:
        raise ValueError("two")

    with pytest.raises(KeyError, match="one"):
        materialize([one, two])


# Selection


def test_a_selected_part_reads_the_rest_from_the_store(tmp_path: Path) -> None:
    runs = []

    @asset
    def model() -> str:
        runs.append("model")
        return "trained"

    @asset
    def score(model: str) -> str:
        runs.append("score")
        return f"score of {model}"

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([model, score], instance=instance)
        result = materialize([model, score], instance=instance, selection="score")
    assert runs == ["model", "score", "score"]
    assert result.asset_value("score") == "score of trained"
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == AssetKey("score")
    pointers = [tag for tag in event.materialization.tags if tag.startswith("dagster/input_data_version/")]
    assert pointers == ["dagster/input_data_version/model"]


@pytest.mark.parametrize(
    "selection",
    [
        "total",
        ["total"],
        [AssetKey("total")],
        [total],
        AssetSelection.assets("total"),
        AssetSelection.all() - AssetSelection.assets("numbers"),
    ],
)
def test_selections_of_all_kinds(selection, tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([numbers], instance=instance)
        result = materialize([numbers, total], instance=instance, selection=selection)
    assert [event.asset_key for event in result.get_asset_materialization_events()] == [AssetKey("total")]


def test_upstream_of_a_selection() -> None:
    result = materialize([numbers, total], selection=AssetSelection.assets("total").upstream())
    assert len(result.get_asset_materialization_events()) == 2


def test_an_input_that_was_never_made() -> None:
    with pytest.raises(ValueNotStoredError, match="numbers") as caught:
        materialize([numbers, total], selection="total")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.subject == "numbers"
    assert caught.value.found == "no version of it"


def test_a_selection_of_nothing() -> None:
    with pytest.raises(InvalidSubsetError) as caught:
        materialize([numbers, total], selection="totl")
    assert "total" in str(caught.value)


# What is given beside assets


def test_checks_run_with_the_assets_and_alone(tmp_path: Path) -> None:
    seen = []

    @asset_check(asset=numbers)
    def no_zero(numbers: list[int]) -> bool:
        seen.append(numbers)
        return 0 not in numbers

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert len(materialize([numbers, no_zero], instance=instance).get_asset_check_evaluations()) == 1
        checks = AssetSelection.all_asset_checks()
        alone = materialize([numbers, no_zero], instance=instance, selection=checks)
    assert seen == [[1, 2, 3], [1, 2, 3]]
    assert alone.get_asset_materialization_events() == []


def test_a_source_asset_is_read_from_the_store(tmp_path: Path) -> None:
    @asset
    def rows(raw: list[int]) -> int:
        return len(raw)

    @asset
    def raw() -> list[int]:
        return [1, 2]

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([raw], instance=instance)
        for source in (SourceAsset("raw"), AssetSpec("raw")):
            assert materialize([source, rows], instance=instance).asset_value("rows") == 2


def test_a_source_asset_is_read_by_its_own_io_manager() -> None:
    from tidemill import IOManager

    class Warehouse(IOManager):
        def __init__(self) -> None:
            self.written = {}

        def handle_output(self, context, obj) -> None:
            self.written[tuple(context.asset_key.path)] = obj

        def load_input(self, context):
            return self.written.get(tuple(context.asset_key.path), "outside")

    @asset(io_manager_key="warehouse")
    def inside(raw: str) -> str:
        return f"from {raw}"

    @asset
    def after(inside: str) -> str:
        return inside.upper()

    manager = Warehouse()
    source = SourceAsset("raw", io_manager_key="warehouse")
    result = materialize([source, inside, after], resources={"warehouse": manager})
    assert result.asset_value("after") == "FROM OUTSIDE"
    assert result.asset_value("inside") == "from outside"
    assert manager.written == {("inside",): "from outside"}


def test_an_io_manager_of_the_whole_project_replaces_the_store(tmp_path: Path) -> None:
    from tidemill import IOManager

    written = {}

    class Everything(IOManager):
        def handle_output(self, context, obj) -> None:
            context.add_output_metadata({"size": len(str(obj))})
            written[context.asset_key] = obj

        def load_input(self, context):
            return written[context.asset_key]

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize([numbers, total], instance=instance, resources={"io_manager": Everything()})
        assert result.asset_value("total") == written[AssetKey("total")] == 6
        assert instance.get_version("total").metadata["size"].value == 1
        with pytest.raises(ValueNotStoredError) as caught:
            instance.load_asset_value("total")
    assert "io_manager" in caught.value.found


def test_a_dependency_that_nobody_defines_only_orders() -> None:
    @asset(deps=["elsewhere"])
    def here() -> int:
        return 1

    assert materialize([here]).asset_value("here") == 1


def test_versions_are_numbered_and_kept(tmp_path: Path) -> None:
    @asset
    def counter(context) -> int:
        return int(context.run_tags["value"])

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for value in (7, 8, 9):
            materialize([counter], instance=instance, tags={"value": str(value)})
        assert [v.number for v in instance.get_versions("counter")] == [3, 2, 1]
        assert [instance.load_asset_value("counter", version=n) for n in (1, 2, 3)] == [7, 8, 9]
        assert instance.load_asset_value("counter") == 9
        assert instance.load_asset_value("counter@2") == 8
        with pytest.raises(ValueNotStoredError) as caught:
            instance.load_asset_value("counter", version=4)
    assert "counter@4" in str(caught.value)


def test_the_result_loads_what_its_own_run_made(tmp_path: Path) -> None:
    @asset
    def counter(context) -> int:
        return int(context.run_tags["value"])

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        first = materialize([counter], instance=instance, tags={"value": "1"})
        second = materialize([counter], instance=instance, tags={"value": "2"})
        assert (first.asset_value("counter"), second.asset_value("counter")) == (1, 2)


# None and nothing


def test_none_is_a_value() -> None:
    @asset
    def silent():
        return None

    @asset
    def child(silent):
        return silent is None

    result = materialize([silent, child])
    assert result.asset_value("child") is True
    assert result.asset_value("silent") is None


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_an_asset_of_no_value_stores_nothing(run) -> None:
    @asset
    def effect() -> None:
        return None

    @asset(deps=[effect])
    def after() -> int:
        return 1

    @asset
    def child(effect):
        return 1

    assert run([effect, after]).asset_value("after") == 1
    with pytest.raises(FileNotFoundError, match="effect") as caught:
        run([effect, child])
    assert isinstance(caught.value, ValueNotStoredError)
    assert caught.value.subject == "effect"
    assert "-> None" in caught.value.next_step


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_a_result_without_a_value_stores_nothing(run) -> None:
    @asset
    def reported():
        return MaterializeResult(metadata={"rows": 3})

    @asset
    def child(reported):
        return 1

    result = run([reported, child], raise_on_error=False)
    (event,) = result.asset_materializations_for_node("reported")
    assert event.metadata["rows"].value == 3
    assert result.failure_data_for_node("child").error.cls_name == "ValueNotStoredError"


# Printing


def test_what_is_printed_still_reaches_the_streams(capsys: pytest.CaptureFixture[str]) -> None:
    @asset
    def loud() -> int:
        print("out", 1)
        print("err", file=sys.stderr)
        print("no end", end="")
        return 1

    materialize([loud])
    captured = capsys.readouterr()
    assert captured.out == "out 1\nno end"
    assert captured.err == "err\n"
    print("after")
    assert capsys.readouterr().out == "after\n"


def test_the_streams_are_given_back_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr

    @asset
    def loud() -> None:
        print("before the end")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        materialize([loud])
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "before the end\n"


# Several processes


def test_two_processes_on_one_store_both_finish(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import sys
from tidemill import DagsterInstance, asset, materialize
def make(n):
    @asset(name=f"a{n}", deps=[f"a{n-1}"] if n else [])
    def made():
        return bytes(2000 + n)
    return made
assets = [make(n) for n in range(20)]
with DagsterInstance.local_temp(sys.argv[1]) as instance:
    for _ in range(5):
        assert materialize(assets, instance=instance).success
"""
    )
    store = tmp_path / "store"
    children = [
        subprocess.Popen(
            [sys.executable, str(script), str(store)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0], said
    with DagsterInstance.local_temp(str(store)) as instance:
        assert instance.get_runs_count() == 10
        assert [version.number for version in instance.get_versions("a19")] == list(range(10, 0, -1))
        assert all(run.is_success for run in instance.get_runs())


def test_a_run_inside_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    @asset
    def outer() -> int:
        print("outer before")
        value = materialize([numbers, total]).asset_value("total")
        print("outer after")
        return value

    assert materialize([outer]).asset_value("outer") == 6
    assert capsys.readouterr().out == "outer before\nouter after\n"
