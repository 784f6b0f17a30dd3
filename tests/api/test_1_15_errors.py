"""Section 1.15: errors and warnings that programs and their tests name, loggers and paths."""

import logging
import pickle
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import tidemill
from tidemill import (
    AssetSelection,
    BetaWarning,
    Config,
    ConfigArgumentWarning,
    DagsterConfigMappingFunctionError,
    DagsterError,
    DagsterEventLogInvalidForRun,
    DagsterExecutionInterruptedError,
    DagsterExecutionStepExecutionError,
    DagsterExecutionStepNotFoundError,
    DagsterInstance,
    DagsterInvalidConfigDefinitionError,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvalidSubsetError,
    DagsterInvariantViolationError,
    DagsterResourceFunctionError,
    DagsterRunNotFoundError,
    DagsterStepOutputNotFoundError,
    DagsterSubprocessError,
    DagsterTypeCheckDidNotPass,
    DagsterTypeCheckError,
    DagsterUnknownPartitionError,
    DagsterUnknownResourceError,
    DagsterUnmetExecutorRequirementsError,
    DagsterUserCodeExecutionError,
    ExperimentalWarning,
    Out,
    Output,
    PreviewWarning,
    ReexecutionOptions,
    ResourceDefinition,
    StaticPartitionsDefinition,
    SupersessionWarning,
    asset,
    build_asset_context,
    build_op_context,
    execute_job,
    file_relative_path,
    get_dagster_logger,
    in_process_executor,
    job,
    materialize,
    op,
    reconstructable,
)

IMPORTED = [name for name in vars(sys.modules[__name__]) if name.startswith("Dagster")]
NAMES = [name for name in IMPORTED if name != "DagsterInstance"]


class Settings(Config):
    n: int


@asset
def a() -> int:
    return 1


@asset(partitions_def=StaticPartitionsDefinition(["x"]))
def sliced() -> int:
    return 1


@op
def one() -> int:
    return 1


@job(executor_def=in_process_executor)
def ops() -> None:
    one()


@pytest.mark.parametrize("name", NAMES)
def test_DagsterError_is_the_root_of_each_and_each_is_where_tests_look_for_it(name: str) -> None:
    kind = getattr(tidemill, name)
    assert issubclass(kind, DagsterError)
    assert getattr(import_module("tidemill._core.errors"), name) is kind
    error = pickle.loads(pickle.dumps(kind("said")))
    assert (type(error), "said" in str(error)) == (kind, True)


def test_DagsterError_under_the_name_of_checks() -> None:
    assert issubclass(import_module("tidemill._check").CheckError, Exception)


def test_DagsterInvalidDefinitionError_of_a_definition() -> None:
    with pytest.raises(DagsterInvalidDefinitionError):
        asset(name="not a name")(lambda: 1)


def test_DagsterInvalidConfigError_of_a_run() -> None:
    @asset
    def configured(config: Settings) -> None: ...

    with pytest.raises(DagsterInvalidConfigError):
        materialize([configured])


@pytest.mark.parametrize("schema", [{"n": object()}, {"n": "int"}, {1: int}, object(), [int, str]])
def test_DagsterInvalidConfigDefinitionError_of_a_schema(schema: Any) -> None:
    def run() -> None:
        made = asset(name="wrong", config_schema=schema)(lambda context: None)
        materialize([made], run_config={"ops": {"wrong": {"config": {"n": 1}}}})

    with pytest.raises(DagsterInvalidConfigDefinitionError):
        run()


def test_DagsterInvalidInvocationError_of_a_direct_call() -> None:
    @op
    def with_context(context: Any) -> None: ...

    with pytest.raises(DagsterInvalidInvocationError):
        with_context()


def test_DagsterInvalidSubsetError_of_a_selection() -> None:
    with pytest.raises(DagsterInvalidSubsetError):
        materialize([a], selection=AssetSelection.keys("nobody"))
    with pytest.raises(DagsterInvalidSubsetError):
        ops.execute_in_process(op_selection=["nobody"])


def test_DagsterInvariantViolationError_of_what_is_not_there() -> None:
    result = materialize([a])
    with pytest.raises(DagsterInvariantViolationError):
        result.output_for_node("nobody")


def test_DagsterStepOutputNotFoundError_names_the_output() -> None:
    @op(out={"x": Out(), "y": Out()})
    def half() -> Any:
        yield Output(1, "x")

    @job
    def whole() -> None:
        half()

    with pytest.raises(DagsterStepOutputNotFoundError, match="y"):
        whole.execute_in_process()


def test_DagsterTypeCheckDidNotPass_of_an_output() -> None:
    @asset
    def typed() -> int:
        return "text"  # type: ignore[return-value]

    with pytest.raises(DagsterTypeCheckDidNotPass):
        materialize([typed])


def test_DagsterTypeCheckError_is_of_a_check_that_cannot_be_made() -> None:
    assert issubclass(DagsterTypeCheckError, DagsterError)


def test_DagsterUnknownPartitionError_of_a_run() -> None:
    with pytest.raises(DagsterUnknownPartitionError, match="nope"):
        materialize([sliced], partition_key="nope")


def test_DagsterUnknownResourceError_of_a_context() -> None:
    with pytest.raises(DagsterUnknownResourceError, match="nobody"):
        _ = build_op_context().resources.nobody
    with pytest.raises(DagsterUnknownResourceError, match="nobody"):
        _ = build_asset_context(resources={"r": 1}).resources.nobody


def test_DagsterRunNotFoundError_of_a_reexecution() -> None:
    with DagsterInstance.ephemeral() as instance, pytest.raises(DagsterRunNotFoundError, match="nobody"):
        ReexecutionOptions.from_failure("nobody", instance)


def test_DagsterResourceFunctionError_has_the_cause() -> None:
    def broken(_context: Any) -> None:
        raise ZeroDivisionError

    @asset(required_resource_keys={"r"})
    def uses() -> None: ...

    with pytest.raises(DagsterResourceFunctionError, match="r") as caught:
        materialize([uses], resources={"r": ResourceDefinition(broken)})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_DagsterExecutionStepNotFoundError_of_a_selection_of_steps() -> None:
    with DagsterInstance.ephemeral() as instance:
        with execute_job(reconstructable(ops), instance) as result:
            options = ReexecutionOptions(parent_run_id=result.run_id, step_selection=["nobody"])
        with pytest.raises(DagsterExecutionStepNotFoundError, match="nobody"):
            execute_job(reconstructable(ops), instance, reexecution_options=options)


def test_DagsterUnmetExecutorRequirementsError_of_a_store_in_memory() -> None:
    @job
    def in_processes() -> None:
        one()

    with DagsterInstance.ephemeral() as instance, pytest.raises(DagsterUnmetExecutorRequirementsError):
        execute_job(reconstructable(in_processes), instance)


@pytest.mark.parametrize(
    "kind",
    [
        DagsterUserCodeExecutionError,
        DagsterExecutionStepExecutionError,
        DagsterConfigMappingFunctionError,
        DagsterSubprocessError,
    ],
)
def test_DagsterUserCodeExecutionError_is_what_code_of_users_raised(kind: Any) -> None:
    assert issubclass(kind, DagsterError)
    result = materialize([asset(name="broken")(lambda: 1 // 0)], raise_on_error=False)
    (event,) = result.get_step_failure_events()
    assert event.event_specific_data.error.cls_name == "DagsterExecutionStepExecutionError"
    assert event.event_specific_data.error.cause.cls_name == "ZeroDivisionError"


def test_DagsterExecutionStepExecutionError_can_be_caught() -> None:
    with pytest.raises(DagsterExecutionStepExecutionError):
        raise DagsterExecutionStepExecutionError("told")


def test_DagsterConfigMappingFunctionError_can_be_caught() -> None:
    with pytest.raises(DagsterConfigMappingFunctionError):
        raise DagsterConfigMappingFunctionError("told")


def test_DagsterSubprocessError_can_be_caught() -> None:
    with pytest.raises(DagsterSubprocessError):
        raise DagsterSubprocessError("told")


def test_DagsterExecutionInterruptedError_is_no_plain_exception() -> None:
    assert issubclass(DagsterExecutionInterruptedError, BaseException)


def test_DagsterEventLogInvalidForRun_can_be_caught() -> None:
    with pytest.raises(DagsterError):
        raise DagsterEventLogInvalidForRun("told")


@pytest.mark.parametrize(
    "kind", [ExperimentalWarning, BetaWarning, PreviewWarning, SupersessionWarning, ConfigArgumentWarning]
)
def test_ExperimentalWarning_and_the_others_can_be_filtered(
    kind: Any, recwarn: pytest.WarningsRecorder
) -> None:
    import warnings

    assert issubclass(kind, Warning)
    warnings.simplefilter("ignore", category=kind)
    warnings.warn("told", kind, stacklevel=1)
    assert len(recwarn) == 0


def test_BetaWarning_is_a_warning() -> None:
    assert issubclass(BetaWarning, Warning)


def test_PreviewWarning_is_a_warning() -> None:
    assert issubclass(PreviewWarning, Warning)


def test_SupersessionWarning_is_a_warning() -> None:
    assert issubclass(SupersessionWarning, Warning)


def test_ConfigArgumentWarning_is_a_warning() -> None:
    assert issubclass(ConfigArgumentWarning, Warning)


# --- loggers and paths ------------------------------------------------------------------------------------------------


def test_get_dagster_logger_is_a_logger_of_the_name(caplog: pytest.LogCaptureFixture) -> None:
    own = get_dagster_logger("mine")
    assert isinstance(own, logging.Logger)
    assert own.name.endswith("mine")
    assert isinstance(get_dagster_logger(), logging.Logger)

    @asset
    def tells() -> None:
        get_dagster_logger().warning("from the asset")

    materialize([tells])
    assert "from the asset" in caplog.text


def test_file_relative_path_is_beside_the_file() -> None:
    assert Path(file_relative_path(__file__, "core_names.txt")).read_text(encoding="utf-8")
    assert file_relative_path(__file__, "x/y.txt") == str(Path(__file__).parent / "x" / "y.txt")
