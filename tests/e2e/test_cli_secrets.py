"""A canary in an `EnvVar`, printed, raised, logged and told, is in no byte of the terminal, `--json` and the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Done, on_terminal, tidemill, write

CANARY = "canary-7d1f5b0a"

SOURCE = """
import logging, sys, warnings
from tidemill import (
    AssetCheckResult, ConfigurableResource, Definitions, EnvVar, Failure, MetadataValue, Output, asset, asset_check,
    get_dagster_logger,
)
logging.basicConfig(stream=sys.stderr)

class Api(ConfigurableResource):
    token: str
    def setup_for_execution(self, context):
        print("set up with", self.token)
        sys.stderr.write("to stderr " + self.token[:8])
        sys.stderr.write(self.token[8:] + "\\n")
    def teardown_after_execution(self, context):
        print("torn down with", self.token)

@asset
def told(context, api: Api):
    token = api.token
    print("token", token)
    print("in pieces", token[:7], end="")
    print(token[7:])
    sys.stderr.write(token + "\\n")
    context.log.info("log %s", token)
    logging.getLogger("mine").warning("root %s", token)
    get_dagster_logger().error(token)
    warnings.warn("warned " + token)
    context.progress(1, 2, token)
    metadata = {"text": token, token: 1, "md": MetadataValue.md("# " + token), "json": {"k": [token]}}
    return Output(1, metadata=metadata, tags={"tag": "abc"}, data_version=None)

@asset_check(asset=told)
def doubtful(told, api: Api):
    return AssetCheckResult(passed=False, description=api.token, metadata={"t": api.token})

@asset
def raising(told, api: Api):
    try:
        raise KeyError(api.token)
    except KeyError as error:
        raise RuntimeError("bad " + api.token) from error

@asset
def failing(told, api: Api):
    raise Failure(description=api.token, metadata={"m": api.token})

defs = Definitions([told, raising, failing], asset_checks=[doubtful], resources={"api": Api(token=EnvVar("CANARY"))})
"""

LATER = ("runs", "runs 1", "runs 1 --json", "logs 1", "logs 1 --json", "show told", "show told --json",
         "list -f p.py --json", "validate -f p.py --json")  # fmt: skip


def run(folder: Path, how: str) -> Done:
    words = ["materialize", "-f", "p.py"]
    if how == "dot-env":
        write(folder, ".env", f"CANARY={CANARY}\n")
        return tidemill(folder, *words)
    if how == "terminal":
        return on_terminal(folder, *words, columns=120, rows=40, CANARY=CANARY)
    return tidemill(folder, *words, *(["--json"] if how == "json" else []), CANARY=CANARY)


@pytest.mark.parametrize("how", ["pipe", "terminal", "json", "dot-env"])
def test_the_canary_is_nowhere(tmp_path: Path, how: str) -> None:
    write(tmp_path, "p.py", SOURCE)
    done = run(tmp_path, how)
    assert done.code == 1
    printed = [done.out, done.err]
    for words in LATER:
        later = tidemill(tmp_path, *words.split())
        assert later.code == 0, later.err
        printed += later.out, later.err
    for text in printed:
        assert CANARY not in text
    # Every word was said, only the canary was not.
    assert any("set up with ********" in text for text in printed)
    assert "torn down with ********" in done.out + done.err
    assert any("to stderr ********" in text for text in printed)
    logs = tidemill(tmp_path, "logs", "1").out
    assert all(f"{said} ********" in logs for said in ("token", "in pieces", "log", "warned"))
    assert "RuntimeError: bad ********" in logs
    assert tidemill(tmp_path, "show", "told", "--json").json["metadata"]["text"]["text"] == "********"

    files = [path for path in (tmp_path / ".tidemill").rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
