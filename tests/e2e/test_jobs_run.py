"""Jobs: in process with values in memory, and on a store through their I/O managers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill import (
    AssetKey,
    AssetSelection,
    DagsterInstance,
    Definitions,
    asset,
    asset_check,
    define_asset_job,
    execute_job,
)
from tidemill.core.errors import InvalidDefinitionError, InvalidSubsetError, InvariantViolationError


@asset
def numbers() -> list[int]:
    return [1, 2]


@asset
def total(numbers: list[int]) -> int:
    return sum(numbers)


@asset
def broken() -> int:
    raise ValueError("no")


@asset_check(asset=total)
def positive(total: int) -> bool:
    return total > 0


DEFS = Definitions(
    assets=[numbers, total, broken],
    asset_checks=[positive],
    jobs=[
        define_asset_job("good", ["numbers", "total"], tags={"team": "data", "who": "job"}),
        define_asset_job("bad", ["broken"]),
    ],
)


def test_in_process() -> None:
    result = DEFS.get_job_def("good").execute_in_process(tags={"who": "me"})
    assert result.success
    assert result.asset_value("total") == 3
    assert result.dagster_run.job_name == "good"
    assert result.dagster_run.tags == {"team": "data", "who": "me"}
    assert [e.check_name for e in result.get_asset_check_evaluations()] == ["positive"]


def test_in_process_hands_on_what_was_stored() -> None:
    made = [object()]

    @asset
    def parent():
        return made

    @asset
    def child(parent) -> bool:
        return parent is not made and len(parent) == 1

    defs = Definitions(assets=[parent, child])
    assert defs.get_implicit_global_asset_job_def().execute_in_process().asset_value("child") is True


def test_a_part_of_a_job() -> None:
    result = DEFS.get_job_def("good").execute_in_process(asset_selection=[AssetKey("numbers")])
    assert [e.asset_key for e in result.get_asset_materialization_events()] == [AssetKey("numbers")]


def test_a_failing_job() -> None:
    job = DEFS.get_job_def("bad")
    with pytest.raises(ValueError, match="no"):
        job.execute_in_process()
    assert not job.execute_in_process(raise_on_error=False).success


def test_the_job_of_everything() -> None:
    job = DEFS.get_implicit_global_asset_job_def()
    assert job.name == "__ASSET_JOB"
    result = job.execute_in_process(raise_on_error=False)
    assert result.get_failed_step_keys() == {"broken"}


def test_an_unknown_job() -> None:
    with pytest.raises(InvariantViolationError) as caught:
        DEFS.get_job_def("god")
    assert caught.value.subject == "god"
    assert "good" in caught.value.next_step


def test_on_a_store(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        with execute_job(DEFS.get_job_def("good"), instance, tags={"who": "me"}) as result:
            assert result.success
            assert result.output_for_node("total") == 3
        assert instance.load_asset_value("total") == 3
        assert not execute_job(DEFS.get_job_def("bad"), instance).success
        with pytest.raises(ValueError, match="no"):
            execute_job(DEFS.get_job_def("bad"), instance, raise_on_error=True)
        part = execute_job(DEFS.get_job_def("good"), instance, asset_selection=[AssetKey("total")])
        assert part.asset_value("total") == 3
        assert [run.job_name for run in instance.get_runs()] == ["good", "bad", "bad", "good"]


def test_values_of_the_definitions(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        execute_job(DEFS.get_job_def("good"), instance)
        assert DEFS.load_asset_value("total", instance=instance) == 3
        with DEFS.get_asset_value_loader(instance) as loader:
            assert loader.load_asset_value(AssetKey("numbers")) == [1, 2]
            with pytest.raises(FileNotFoundError):
                loader.load_asset_value("broken")


def test_ops_are_selected_in_jobs_of_ops_only() -> None:
    with DagsterInstance.ephemeral() as instance, pytest.raises(InvalidSubsetError) as caught:
        execute_job(DEFS.get_job_def("good"), instance, op_selection=["numbers"])
    assert caught.value.subject == "op_selection"


def test_definitions_that_are_not_good_say_so_when_they_are_used() -> None:
    @asset
    def orphan(nowhere: int) -> int:
        return 1

    defs = Definitions(assets=[orphan])
    with pytest.raises(InvalidDefinitionError) as caught:
        defs.get_implicit_global_asset_job_def()
    assert caught.value.subject == "nowhere"
    with pytest.raises(InvalidDefinitionError):
        Definitions.validate_loadable(defs)
    Definitions.validate_loadable(DEFS)


def test_a_job_of_a_group_that_has_no_asset_warns_and_runs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    selection = AssetSelection.groups("defalt")
    defs = Definitions(assets=[asset(name="only")(lambda: 1)], jobs=[define_asset_job("j", selection)])
    result = defs.get_job_def("j").execute_in_process()
    assert result.success
    assert result.get_step_success_events() == []
    assert "did you mean 'default'?" in caplog.text
    with pytest.raises(InvalidSubsetError):
        defs.get_job_def("j").execute_in_process(asset_selection=["only"])
