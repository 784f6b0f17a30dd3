"""Section 1.1: what functions of assets return, yield and raise."""

from typing import Any

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    Backoff,
    DagsterInstance,
    DataVersion,
    Failure,
    Jitter,
    MaterializeResult,
    MetadataValue,
    ObserveResult,
    Output,
    RetryPolicy,
    RetryRequested,
    asset,
    materialize,
    multi_asset,
    observable_source_asset,
    observe,
)


def kinds(result: Any) -> list[str]:
    return [event.event_type_value for event in result.all_events]


# --- Output -----------------------------------------------------------------------------------------------------------


def test_Output_defaults_and_places() -> None:
    plain = Output(1)
    assert (plain.value, plain.output_name) == (1, "result")
    assert not plain.metadata
    assert plain.data_version is None
    full = Output(1, "o", {"m": 1}, data_version=DataVersion("v"), tags={"t": "1"})
    assert (full.output_name, full.data_version, dict(full.tags or {})) == ("o", DataVersion("v"), {"t": "1"})


def test_Output_is_generic_and_its_type_is_checked() -> None:
    @asset
    def a() -> Output[int]:
        return Output("text")  # type: ignore[arg-type]

    assert not materialize([a], raise_on_error=False).success


def test_Output_metadata_and_data_version_are_recorded() -> None:
    @asset
    def a() -> Output[int]:
        return Output(1, metadata={"rows": 2}, data_version=DataVersion("v7"))

    (event,) = materialize([a]).get_asset_materialization_events()
    assert event.materialization.metadata["rows"] == MetadataValue.int(2)
    assert event.materialization.tags["dagster/data_version"] == "v7"


def test_DataVersion_has_its_value() -> None:
    assert DataVersion("x").value == "x"
    assert DataVersion("x") == DataVersion("x") != DataVersion("y")


# --- MaterializeResult ------------------------------------------------------------------------------------------------


def test_MaterializeResult_by_keyword_and_by_place() -> None:
    by_place = MaterializeResult("a", {"m": 1}, [], DataVersion("v"))
    assert by_place.asset_key == AssetKey("a")
    assert by_place.metadata["m"] == 1
    assert by_place.data_version == DataVersion("v")
    assert MaterializeResult().asset_key is None


def test_MaterializeResult_without_a_value_writes_none_and_an_argument_finds_none() -> None:
    @asset
    def a() -> MaterializeResult:
        return MaterializeResult(metadata={"m": 1})

    @asset
    def b(a: Any) -> int:
        return 1

    assert "HANDLED_OUTPUT" not in kinds(materialize([a]))
    with pytest.raises(FileNotFoundError):
        materialize([a, b])


def test_MaterializeResult_with_a_value_stores_it() -> None:
    @asset
    def a() -> MaterializeResult:
        return MaterializeResult(value=3, metadata={"m": 1}, tags={"t": "1"})

    @asset
    def b(a: int) -> int:
        return a + 1

    result = materialize([a, b])
    assert result.asset_value("b") == 4
    event = result.get_asset_materialization_events()[0]
    assert (event.materialization.metadata["m"].value, event.materialization.tags["t"]) == (1, "1")


def test_MaterializeResult_check_results_and_data_version() -> None:
    @asset(check_specs=[AssetCheckSpec("c", asset="a")])
    def a() -> MaterializeResult:
        return MaterializeResult(
            check_results=[AssetCheckResult(passed=False, metadata={"n": 1})], data_version=DataVersion("v")
        )

    result = materialize([a])
    (verdict,) = result.get_asset_check_evaluations()
    assert (verdict.check_name, verdict.passed) == ("c", False)
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.tags["dagster/data_version"] == "v"


def test_ObserveResult_is_what_an_observation_gives() -> None:
    @observable_source_asset
    def s() -> ObserveResult:
        return ObserveResult(metadata={"m": 1}, data_version=DataVersion("v"), tags={"t": "1"})

    by_place = ObserveResult("s", {"m": 1}, [], DataVersion("v"))
    assert by_place.asset_key == AssetKey("s")
    with DagsterInstance.ephemeral() as instance:
        (event,) = observe([s], instance=instance).get_asset_observation_events()
    observation = event.event_specific_data.asset_observation
    assert observation.metadata["m"].value == 1
    assert observation.tags["dagster/data_version"] == "v"


@pytest.mark.parametrize("cls", [AssetMaterialization, AssetObservation])
def test_AssetMaterialization_arguments(cls: Any) -> None:
    plain = cls("a")
    assert (plain.asset_key, plain.description, plain.partition) == (AssetKey("a"), None, None)
    assert not plain.metadata
    assert not plain.tags
    full = cls(["p", "a"], "d", {"m": 1}, "x", {"t": "1"})
    assert (full.asset_key, full.description, full.partition) == (AssetKey(["p", "a"]), "d", "x")
    assert (full.metadata["m"].value, full.tags["t"]) == (1, "1")


def test_AssetObservation_is_logged_and_recorded() -> None:
    @asset
    def a(context: AssetExecutionContext) -> int:
        context.log_event(AssetObservation("a", metadata={"n": 1}))
        return 1

    (event,) = materialize([a]).get_asset_observation_events()
    assert event.event_specific_data.asset_observation.metadata["n"].value == 1


# --- Failure, RetryRequested, RetryPolicy -----------------------------------------------------------------------------


def test_Failure_its_facts_are_in_the_event_of_the_step() -> None:
    @asset
    def a() -> None:
        raise Failure("said", metadata={"m": 1})

    result = materialize([a], raise_on_error=False)
    (event,) = result.get_step_failure_events()
    told = event.step_failure_data.user_failure_data
    assert (told.label, told.description, told.metadata["m"].value) == ("intentional-failure", "said", 1)


def test_Failure_arguments() -> None:
    failure = Failure("d", {"m": 1}, False)
    assert (failure.description, failure.metadata["m"].value, failure.allow_retries) == ("d", 1, False)
    assert Failure().description is None


@pytest.mark.parametrize(("allow", "starts"), [(None, 2), (True, 2), (False, 1)])
def test_Failure_allow_retries_false_bypasses_the_policy(allow: bool | None, starts: int) -> None:
    tries = []

    @asset(retry_policy=RetryPolicy(max_retries=1))
    def a() -> None:
        tries.append(1)
        raise Failure("no", allow_retries=allow)

    assert not materialize([a], raise_on_error=False).success
    assert len(tries) == starts


def test_RetryRequested_retries_once_by_default() -> None:
    tries = []

    @asset
    def a() -> int:
        tries.append(1)
        raise RetryRequested

    result = materialize([a], raise_on_error=False)
    assert not result.success
    assert len(tries) == 2


def test_RetryRequested_max_retries_and_seconds_to_wait() -> None:
    numbers = []

    @asset
    def a(context: AssetExecutionContext) -> int:
        numbers.append(context.retry_number)
        if len(numbers) < 3:
            raise RetryRequested(max_retries=5, seconds_to_wait=0)
        return 1

    result = materialize([a])
    assert numbers == [0, 1, 2]
    assert kinds(result).count("STEP_UP_FOR_RETRY") == 2
    assert kinds(result).count("STEP_RESTARTED") == 2


def test_RetryPolicy_calculate_delay() -> None:
    doubling = RetryPolicy(delay=2, backoff=Backoff.EXPONENTIAL)
    assert [doubling.calculate_delay(n) for n in (1, 2, 3)] == [2, 6, 14]
    growing = RetryPolicy(delay=2, backoff=Backoff.LINEAR)
    assert [growing.calculate_delay(n) for n in (1, 2, 3)] == [2, 4, 6]
    assert RetryPolicy().calculate_delay(1) == 0
    assert RetryPolicy(delay=2).calculate_delay(3) == 2


def test_RetryPolicy_defaults() -> None:
    policy = RetryPolicy()
    assert (policy.max_retries, policy.delay, policy.backoff, policy.jitter) == (1, None, None, None)


def test_Backoff_has_two_members() -> None:
    assert {Backoff.LINEAR, Backoff.EXPONENTIAL} == set(Backoff)


def test_Jitter_has_two_members_that_vary_the_delay() -> None:
    assert {Jitter.FULL, Jitter.PLUS_MINUS} == set(Jitter)
    for jitter, low, high in ((Jitter.FULL, 0, 10), (Jitter.PLUS_MINUS, 0, 20)):
        delays = [RetryPolicy(delay=10, jitter=jitter).calculate_delay(1) for _ in range(30)]
        assert all(low <= delay <= high for delay in delays)
        assert len(set(delays)) > 1


def test_MaterializeResult_of_a_step_with_specs_names_its_asset() -> None:
    from tidemill import AssetSpec

    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> Any:
        yield MaterializeResult(asset_key="b", metadata={"m": 1})
        yield MaterializeResult(asset_key="a")

    facts = {
        e.asset_key: e.materialization.metadata
        for e in materialize([both]).get_asset_materialization_events()
    }
    assert facts[AssetKey("b")]["m"].value == 1
    assert "m" not in facts[AssetKey("a")]
