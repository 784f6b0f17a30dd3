"""`execute_job` again, and in processes: from failure, by steps, in workers that find the code by its module."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import environment, write

from tidemill import (
    DagsterInstance,
    Definitions,
    FilesystemIOManager,
    InvalidInvocationError,
    InvalidSubsetError,
    JobDefinition,
    ReexecutionOptions,
    StepNotFoundError,
    UnmetExecutorRequirementsError,
    UnsupportedNameError,
    UserCodeError,
    ValueNotStoredError,
    asset,
    define_asset_job,
    execute_job,
    in_process_executor,
    materialize,
    multiprocess_executor,
    reconstructable,
)

MENDED = "TEST_REEXECUTION_MENDED"


@asset
def source() -> int:
    return os.getpid()


@asset(io_manager_key="files")
def pair(source: int) -> tuple[int, int]:
    return source, os.getpid()


@asset
def broken(pair: tuple[int, int]) -> list[float]:
    if MENDED not in os.environ:
        raise ValueError("not yet")
    return [pair[0] / 3]


@asset
def end(broken: list[float]) -> float:
    return broken[0] * 2


def definitions(executor: Any = None) -> Definitions:
    return Definitions(
        [source, pair, broken, end],
        resources={"files": FilesystemIOManager(base_dir=os.environ["TEST_REEXECUTION_FILES"])},
        executor=executor,
        jobs=[
            define_asset_job("all"),
            define_asset_job("apart", executor_def=multiprocess_executor.configured({"max_concurrent": 2})),
            define_asset_job("here", executor_def=in_process_executor),
        ],
    )


def make_job() -> JobDefinition:
    return definitions().get_job_def("all")


def make_nothing() -> int:
    return 1


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TEST_REEXECUTION_FILES", str(tmp_path / "files"))
    monkeypatch.delenv(MENDED, raising=False)
    with DagsterInstance.local_temp(str(tmp_path / "store")) as instance:
        yield instance


def succeeded(result: Any) -> list[str]:
    return [event.step_key for event in result.get_step_success_events()]


def test_from_failure(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    first = execute_job(job, instance, tags={"team": "data"})
    assert not first.success
    options = ReexecutionOptions.from_failure(first.run_id, instance)
    assert (options.parent_run_id, options.step_selection) == (first.run_id, ["broken", "end"])
    monkeypatch.setenv(MENDED, "1")
    second = execute_job(job, instance, reexecution_options=options)
    assert second.success
    assert succeeded(second) == ["broken", "end"]
    assert second.asset_value("end") == first.asset_value("source") / 3 * 2
    assert second.dagster_run.parent_run_id == first.run_id
    assert second.dagster_run.tags["team"] == "data"
    made_from = instance.get_version("broken").inputs
    assert [ref.id for ref in made_from] == [instance.get_version("pair").id]
    with pytest.raises(InvalidSubsetError):
        ReexecutionOptions.from_failure(second.run_id, instance)


def test_steps(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MENDED, "1")
    first = execute_job(make_job(), instance)
    again = execute_job(make_job(), instance, reexecution_options=ReexecutionOptions(first.run_id))
    assert succeeded(again) == ["source", "pair", "broken", "end"]
    part = ReexecutionOptions(again.run_id, step_selection=["+end"])
    assert succeeded(execute_job(make_job(), instance, reexecution_options=part)) == ["broken", "end"]
    with pytest.raises(StepNotFoundError) as caught:
        execute_job(make_job(), instance, reexecution_options=ReexecutionOptions(first.run_id, ["ende"]))
    assert caught.value.next_step == "did you mean 'end'?"
    with pytest.raises(UnsupportedNameError):
        ReexecutionOptions(first.run_id, "end")
    with pytest.raises(UnsupportedNameError):
        execute_job(make_job(), instance, reexecution_options=part, asset_selection=["end"])


def test_a_run_of_materialize_is_run_again_too(instance: DagsterInstance) -> None:
    @asset
    def alone() -> int:
        return 5

    first = materialize([alone], instance=instance)
    job = Definitions([alone]).get_implicit_global_asset_job_def()
    again = execute_job(job, instance, reexecution_options=ReexecutionOptions(first.run_id))
    assert again.asset_value("alone") == 5


def test_a_value_that_its_manager_has_overwritten(instance: DagsterInstance) -> None:
    first = execute_job(make_job(), instance)
    execute_job(make_job(), instance)
    with pytest.raises(ValueNotStoredError) as caught:
        execute_job(
            make_job(), instance, reexecution_options=ReexecutionOptions.from_failure(first.run_id, instance)
        )
    assert caught.value.subject == "pair@1"
    assert "--from pair" in (caught.value.next_step or "")
    assert len(instance.get_runs()) == 2


def test_a_job_stays_in_this_process_unless_somebody_asks(instance: DagsterInstance) -> None:
    defs = definitions()
    assert execute_job(defs.get_job_def("all"), instance).asset_value("source") == os.getpid()
    assert execute_job(defs.get_job_def("here"), instance).asset_value("source") == os.getpid()
    apart = execute_job(reconstructable(make_job), instance)
    assert apart.asset_value("source") != os.getpid()
    assert apart.asset_value("pair")[0] == apart.asset_value(
        "source"
    )  # through a manager that is set up here


def test_a_job_whose_executor_says_so_runs_in_processes(tmp_path: Path) -> None:
    write(tmp_path, "job.py", SCRIPT)
    done = run(tmp_path, "job.py")
    assert (done.stdout, done.stderr, done.returncode) == ("True True\n", "", 0)


SCRIPT = """
import os
from tidemill import DagsterInstance, Definitions, asset, execute_job, multiprocess_executor, reconstructable

@asset
def pid(): return os.getpid()

defs = Definitions([pid], executor=multiprocess_executor)

if __name__ == "__main__":
    job = defs.get_implicit_global_asset_job_def()
    with DagsterInstance.local_temp("store") as instance:
        values = [execute_job(each, instance).asset_value("pid") for each in (job, reconstructable(job))]
        print(*[value != os.getpid() for value in values])
"""


def run(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_script_without_the_guard_does_not_start_itself_for_ever(tmp_path: Path) -> None:
    write(tmp_path, "job.py", SCRIPT.replace('if __name__ == "__main__":', "if True:"))
    done = run(tmp_path, "job.py")
    assert done.returncode == 1
    last = done.stderr[done.stderr.rindex("UserCodeLoadError") :]
    assert "job.py starts a run while it is imported" in last
    assert 'put the call under the guard: if __name__ == "__main__":' in last


def test_what_processes_would_not_find(instance: DagsterInstance) -> None:
    @asset
    def inner() -> int:
        return 1

    @asset
    def sourse() -> int:
        return 1

    job = Definitions([inner, sourse], executor=multiprocess_executor).get_implicit_global_asset_job_def()
    with pytest.raises(UnmetExecutorRequirementsError) as caught:
        execute_job(job, instance)
    assert "does not find inner, sourse" in str(caught.value)
    assert f"module:{__name__}" in str(caught.value)
    assert instance.get_runs() == []


def test_processes_need_a_store_that_they_see(instance: DagsterInstance) -> None:
    with DagsterInstance.ephemeral() as ephemeral, pytest.raises(UnmetExecutorRequirementsError) as caught:
        execute_job(reconstructable(make_job), ephemeral)
    assert caught.value.found == "a store in memory"


def test_what_reconstructable_does_not_take(instance: DagsterInstance) -> None:
    for wrong in (lambda: make_job(), make_nothing, 5):
        with pytest.raises(InvalidInvocationError):
            reconstructable(wrong)


def test_a_step_that_fails_in_a_process(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    job = reconstructable(make_job)
    with pytest.raises(UserCodeError) as caught:
        execute_job(job, instance, raise_on_error=True)
    assert caught.value.subject == "broken"
    assert "ValueError: not yet" in (caught.value.found or "")
    monkeypatch.setenv(MENDED, "1")
    options = ReexecutionOptions.from_failure(instance.get_runs()[0].run_id, instance)
    with execute_job(job, instance, reexecution_options=options) as result:
        assert succeeded(result) == ["broken", "end"]
        assert result.asset_value("end") == instance.load_asset_value("source") / 3 * 2
