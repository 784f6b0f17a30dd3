"""What crosses between a step and a process that it started, and what each side refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tidemill import (
    AssetKey,
    AssetSpec,
    MarkdownMetadataValue,
    PipesEnvContextInjector,
    PipesFileMessageReader,
    PipesSubprocessClient,
    asset,
    materialize,
    multi_asset,
    open_pipes_session,
)
from tidemill.core.errors import InvariantViolationError, UserCodeError
from tidemill.pipes import DagsterPipesError, PipesContext, open_dagster_pipes
from tidemill.pipes.wire import CONTEXT_VARIABLE, MESSAGES_VARIABLE, packed, typed, unpacked

SILENT = [sys.executable, "-c", "pass"]


def test_what_is_packed_is_unpacked() -> None:
    assert unpacked(packed({"path": "/x/ä", "n": [1, None]})) == {"path": "/x/ä", "n": [1, None]}


def test_metadata_without_a_type_is_inferred() -> None:
    said = {"raw_value": "# x", "type": "md"}
    assert typed({"n": 1, "doc": said}) == {"n": {"raw_value": 1, "type": "__infer__"}, "doc": said}


def test_a_step_and_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asset
    def table(context):
        reader = PipesFileMessageReader(str(tmp_path / "messages"))
        with open_pipes_session(context, PipesEnvContextInjector(), reader, {"a": 1}) as session:
            for name, value in session.get_bootstrap_env_vars().items():
                monkeypatch.setenv(name, value)
            with open_dagster_pipes() as pipes:
                assert (pipes.asset_key, pipes.get_extra("a"), pipes.retry_number) == ("table", 1, 0)
                with pytest.raises(DagsterPipesError, match="no extra 'b'"):
                    pipes.get_extra("b")
                with pytest.raises(DagsterPipesError, match="not of partitions"):
                    _ = pipes.partition_key
                pipes.report_custom_message({"n": 1})
                pipes.report_asset_materialization({"doc": {"raw_value": "# x", "type": "md"}}, "v1")
            assert session.get_custom_messages() == [{"n": 1}]
            with pytest.raises(DagsterPipesError, match="after the end"):
                pipes.report_custom_message(2)
        (result,) = session.get_results()
        assert session.get_results(implicit_materializations=False) == []
        return result

    (made,) = materialize([table]).asset_materializations_for_node("table")
    assert made.metadata["doc"] == MarkdownMetadataValue("# x")
    assert made.tags["dagster/data_version"] == "v1"
    assert not (tmp_path / "messages").exists()


def test_a_script_that_no_step_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTEXT_VARIABLE, raising=False)
    monkeypatch.delenv(MESSAGES_VARIABLE, raising=False)
    with open_dagster_pipes() as pipes:
        assert PipesContext.get() is pipes
        assert pipes.get_extra("anything") is None
        pipes.log.info("to nobody")
        pipes.report_asset_materialization({"n": 1})


def test_several_results_are_not_one() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both(context):
        done = PipesSubprocessClient().run(command=SILENT, context=context)
        with pytest.raises(InvariantViolationError, match="needs one result") as caught:
            done.get_materialize_result()
        assert caught.value.found == "AssetKey(['a']), AssetKey(['b'])"

    made = materialize([both]).get_asset_materialization_events()
    assert [event.asset_key for event in made] == [AssetKey("a"), AssetKey("b")]


def test_a_process_that_fails() -> None:
    @asset
    def broken(context):
        command = [sys.executable, "-c", "raise SystemExit(3)"]
        return PipesSubprocessClient().run(command=command, context=context).get_materialize_result()

    with pytest.raises(UserCodeError, match="ended with code 3") as caught:
        materialize([broken])
    assert caught.value.found == "exit code 3"
