"""A canary in an environment variable: whatever user code does with it, nothing kept or shown holds it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetMaterialization,
    AssetObservation,
    ConfigurableResource,
    DagsterInstance,
    DataVersion,
    EnvVar,
    Failure,
    MaterializeResult,
    MetadataValue,
    asset,
    get_dagster_logger,
    materialize,
)

CANARY = "canary-5f3759df-sings"


class Client(ConfigurableResource):
    token: str


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("CLIENT_TOKEN", CANARY)
    return Client(token=EnvVar("CLIENT_TOKEN"))


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_keeps_or_shows_it(
    client: Client, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    @asset(check_specs=[AssetCheckSpec("known", asset="indiscreet")])
    def indiscreet(context, client: Client):
        token = client.token
        assert token == CANARY
        print(f"token={token}")
        print(token[:8], end="")
        print(token[8:])
        print(token, file=sys.stderr)
        context.log.info("token %s", token)
        context.log.warning({"token": token})
        get_dagster_logger("mine").info("token %s", token)
        try:
            raise ValueError(token)
        except ValueError:
            get_dagster_logger().exception("caught")
            context.log.exception("caught")
        context.progress(1, 2, token)
        context.add_output_metadata({f"label {token}": token, "json": {"deep": [token], token: 1}})
        context.log_event(
            AssetObservation("seen", metadata={"t": token}, description=token, tags={"t": token})
        )
        context.log_event(AssetMaterialization("by_hand", metadata={"t": token}, description=token))
        return MaterializeResult(
            value=1,
            metadata={
                "text": token,
                "md": MetadataValue.md(f"# {token}"),
                "url": MetadataValue.url(f"https://host/?q={token}"),
                "path": Path(token),
                "table": MetadataValue.table([{"column": token}]),
                "untouched": 7,
            },
            tags={"tag": token},
            data_version=DataVersion(token),
            check_results=[AssetCheckResult(passed=True, metadata={"t": token}, description=token)],
        )

    @asset
    def raising(client: Client) -> None:
        error = ValueError(f"bad token {client.token}")
        error.add_note(f"note {client.token}")
        try:
            raise KeyError(client.token)
        except KeyError as cause:
            raise error from cause

    @asset
    def failing(client: Client) -> None:
        raise Failure(f"no {client.token}", metadata={"t": client.token})

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize(
            [indiscreet, raising, failing],
            instance=instance,
            resources={"client": client},
            raise_on_error=False,
        )
        assert result.get_failed_step_keys() == {"raising", "failing"}
        kept = instance.get_version("indiscreet").metadata
        told = [repr(entry) for entry in instance.all_logs(result.run_id)]
    assert kept["text"].value == "********"
    assert kept["md"].value == "# ********"
    assert kept["untouched"].value == 7
    assert kept["json"].value == {"deep": ["********"], "********": 1}
    assert CANARY.encode() not in bytes_of(tmp_path)
    assert CANARY not in json.dumps(told)
    assert CANARY not in "".join(repr(event.event_specific_data) for event in result.all_events)
    shown = capfd.readouterr()
    assert "token=********" in shown.out
    assert CANARY not in shown.out + shown.err + caplog.text
    error = result.failure_data_for_node("raising").error.cause  # of the error that names the step
    assert "bad token ********" in error.message
    assert "note ********" in error.message
    assert error.cause.message.startswith("KeyError")
    told_failure = result.failure_data_for_node("failing").user_failure_data
    assert (told_failure.description, told_failure.metadata["t"].value) == ("no ********", "********")


def test_the_users_own_exception_is_not_changed(client: Client) -> None:
    @asset
    def raising(client: Client) -> None:
        raise ValueError(client.token)

    with pytest.raises(ValueError, match=CANARY):
        materialize([raising], resources={"client": client})


def test_a_value_is_the_users_own_data(client: Client) -> None:
    @asset
    def returned(client: Client) -> str:
        return client.token

    assert materialize([returned], resources={"client": client}).asset_value("returned") == CANARY
