"""The server reads stores that somebody else may have written: it unpickles nothing, runs nothing, tells no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import environment, tidemill, write
from fastapi import FastAPI
from serving import served

from tidemill.server.app import create_app

PIPELINE = """
import os
from tidemill import asset, AssetCheckResult, asset_check, Config, EnvVar, ConfigurableResource, Definitions

class Api(ConfigurableResource):
    key: str

@asset
def small(context, api: Api):
    print("the key is", api.key)
    context.log.warning(f"again: {api.key}")
    context.add_output_metadata({"key": api.key, "nested": {"deep": [api.key]}})
    return {"key": 1}

@asset
def large(small):
    return list(range(100_000))

@asset_check(asset=small)
def sound(small):
    return AssetCheckResult(passed=True, description="fine")

@asset
def broken(large, api: Api):
    raise ValueError(f"it said {api.key}")

defs = Definitions(assets=[small, large, broken], asset_checks=[sound], resources={"api": Api(key=EnvVar("API_KEY"))})
"""
SECRET = "s3cr3t-canary-0a1b2c3d4e"

POISON = """
import pickle, sqlite3, sys, os
home, canary = sys.argv[1:]
class Evil:
    def __reduce__(self):
        return (os.system, (f"touch {canary}",))
payload = pickle.dumps(Evil())
database = sqlite3.connect(f"{home}/tidemill.db")
database.execute("UPDATE artifacts SET inline = ? WHERE inline IS NOT NULL", (payload,))
database.commit()
database.close()
for folder, _, files in os.walk(f"{home}/artifacts"):
    for name in files:
        path = os.path.join(folder, name)
        os.chmod(path, 0o600)
        open(path, "wb").write(payload)
"""

VISIT = """
import json, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from serving import served
BEFORE = set(sys.modules)
from tidemill.server.app import create_app
from test_server_safety import addresses
app = create_app(Path(sys.argv[1]), read_only=True)
with served(app) as client:
    told = {}
    for address in addresses(app, client):
        answer = client.get(address)
        told[address] = answer.status_code
print(json.dumps(told))
"""

GUARD = """
import sys
import tidemill.server.app, tidemill.server.openapi
from tidemill.server.app import create_app
import asyncio, pathlib
app = create_app(pathlib.Path(sys.argv[1]))
service = app.state.service
service.outlook._pass()
service.outlook._ready.set()
from tidemill.server.queries import assets as queries_assets
from tidemill.server.queries import runs as queries_runs
from tidemill.server.queries import store as queries_store
from tidemill.server.queries import versions as queries_versions
from tidemill.server.queries.assets import Wanted
from tidemill.storage.page_reads import RunFilter
queries_assets.catalog(service, Wanted(), 0, 10)
for key in service.view.nodes:
    queries_assets.asset_detail(service, key)
    queries_versions.versions_page(service, key, None, 0, 10)
    queries_versions.version_diff(service, key, None, 1, 1)
    queries_versions.metrics_of(service, key, None)
queries_runs.runs_page(service, RunFilter(), 0, 10)
queries_runs.run_detail(service, "1")
queries_runs.log_page(service, queries_runs.log_of(service, "1", "small", None), 0, 10)
bad = [name for name in sys.modules if name.split(".")[0] in ("cloudpickle", "numpy", "pandas")]
bad += [name for name in sys.modules if name.startswith(("tidemill.io", "tidemill.executors"))]
bad += [name for name in sys.modules if name in ("tidemill.work.values", "tidemill.work.attempt")]
print(sorted(bad))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write(folder, "pipeline.py", PIPELINE)
    done = tidemill(
        folder, "materialize", "-f", "pipeline.py", API_KEY=SECRET, TIDEMILL_HOME=str(folder / "home")
    )
    assert done.code == 1, done
    assert (folder / "home" / "tidemill.db").exists()
    return folder


def addresses(app: FastAPI, client: httpx.Client) -> list[str]:
    """An address for every GET of the API, with every asset, version, run and step that there is."""
    keys = [node["key"] for node in client.get("/api/graph").json()["nodes"]]
    steps = [row["step"] for row in client.get("/api/run/1/steps").json()["items"]]
    found = []
    for path, methods in app.openapi()["paths"].items():
        if "get" not in methods or path == "/api/events":
            continue
        required = [
            one["name"]
            for one in methods["get"].get("parameters", [])
            if one.get("required") and one["in"] == "query"
        ]
        choices: list[dict[str, Any]] = [{}]
        for name in required:
            values = {"key": keys, "step": steps, "before": [1], "after": [1], "expression": ["*"]}[name]
            choices = [{**choice, name: value} for choice in choices for value in values]
        address = path.replace("{run}", "1").replace("{number}", "1")
        found += [str(httpx.URL(address, params=choice)) for choice in choices]
    return found


def test_a_poisoned_store_is_shown_and_its_pickles_are_let_lie(project: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    subprocess.run([sys.executable, "-c", POISON, str(project / "home"), str(canary)], check=True, timeout=60)
    done = subprocess.run(
        [sys.executable, "-c", VISIT, str(project / "home"), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told) > 25
    refused = {address for address, status in told.items() if status != 200}
    # There is no code behind it, what broke was never made, and nothing else is amiss.
    assert {address.partition("?")[0] for address in refused} <= {
        "/api/launch",
        "/api/asset/versions/1",
        "/api/asset/diff",
    }
    assert all("broken" in address or "/api/launch" in address for address in refused), refused
    assert not canary.exists()


def test_what_unpickles_is_not_even_loaded(project: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GUARD, str(project / "home")],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environment(tmp_path),
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_a_secret_is_in_no_answer(project: Path) -> None:
    app = create_app(project / "home")
    with served(app) as client:
        seen = ""
        for address in addresses(app, client):
            seen += client.get(address).text
        assert "********" in seen or "***" in seen
        assert "it said" in seen
        assert SECRET not in seen
        assert SECRET[:12] not in seen


def test_names_that_nobody_expects_come_back_as_they_are(tmp_path: Path) -> None:
    from tidemill.core.events import Materialized
    from tidemill.core.keys import AssetKey
    from tidemill.core.metadata import MetadataValue
    from tidemill.core.records import Version
    from tidemill.storage import Store

    keys = [
        AssetKey("<img src=x onerror=alert(1)>"), AssetKey(["a", "b/c"]), AssetKey("%2e%2e"), AssetKey("\u202eevil"),
        AssetKey("a\\b"), AssetKey("é🙂"), AssetKey("' OR 1=1 --"), AssetKey("a?b#c&d=e"), AssetKey("*"),
    ]  # fmt: skip
    with Store.open(tmp_path) as store:
        for number, key in enumerate(keys):
            metadata = {
                "</script>": MetadataValue.md("<script>alert(1)</script>"),
                "x": MetadataValue.float(1),
            }
            version = Version(f"v{number}", key, None, 1, "d", "c", metadata=metadata)
            store.append("", [Materialized(1, "s", 1, version)])
    with served(create_app(tmp_path)) as client:
        assert {node["key"] for node in client.get("/api/graph").json()["nodes"]} == {
            key.text for key in keys
        }
        for key in keys:
            asset = client.get("/api/asset", params={"key": key.text})
            assert asset.status_code == 200, key
            assert asset.json()["key"] == key.text
            assert asset.headers["content-type"] == "application/json"
            assert client.get("/api/asset/versions/1", params={"key": key.text}).json()["asset"] == key.text
            assert len(client.get("/api/asset/metrics", params={"key": key.text}).json()["series"]) == 1
