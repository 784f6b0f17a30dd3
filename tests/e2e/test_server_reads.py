"""What the server answers about a store that a pipeline has filled: every page, and what is so of every asset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import tidemill, write
from serving import CommandHost, served

from tidemill.server.app import create_app

PIPELINE = """
import os
from tidemill import AssetCheckResult, AssetCheckSeverity, MetadataValue, StaticPartitionsDefinition, asset, asset_check

@asset(group_name="raw")
def raw():
    return list(range(10))

@asset
def model(context, raw):
    for step in range(3):
        print(f"step {step}")
    context.add_output_metadata({"r2": 0.25, "nan": float("nan"), "rows": len(raw), "note": MetadataValue.md("# hi")})
    return {"weights": raw}

@asset_check(asset=model)
def good(model):
    return AssetCheckResult(passed=True, metadata={"margin": 0.5})

@asset_check(asset=model)
def doubtful(model):
    return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN)

@asset
def fragile(model):
    if os.path.exists("broken"):
        raise ValueError("it is broken")
    return 1

@asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c", "d"]))
def regional(context):
    return {key: key for key in context.partition_keys}
"""


class Shown:
    """A project, its store, and a server before it."""

    def __init__(self, folder: Path, host: CommandHost, client: httpx.Client) -> None:
        self.folder = folder
        self.host = host
        self.client = client

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def states(self) -> dict[str, Any]:
        return dict(self.get("/api/states")["states"])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("project")
    file = write(folder, "pipeline.py", PIPELINE)
    home = folder / ".tidemill"
    at = {"TIDEMILL_HOME": str(home)}
    for words in (["--select", "raw,model,fragile"], ["--select", "regional", "--partition", "b...c"]):
        assert tidemill(folder, "materialize", "-f", "pipeline.py", *words, **at).code == 0
    (folder / "broken").touch()
    assert tidemill(folder, "materialize", "-f", "pipeline.py", "--select", "model+", **at).code == 1
    host = CommandHost(file, home)
    with served(create_app(home, host)) as client:
        yield Shown(folder, host, client)
    host.close()


def test_the_graph_is_the_code_s_and_is_asked_for_once(shown: Shown) -> None:
    first = shown.client.get("/api/graph")
    assert [node["key"] for node in first.json()["nodes"]] == ["raw", "model", "fragile", "regional"]
    again = shown.client.get("/api/graph", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_states_tell_what_is_fresh_what_failed_and_what_partitions_there_are(shown: Shown) -> None:
    states = shown.states()
    assert {key: state["status"] for key, state in states.items()} == {
        "raw": "fresh",
        "model": "fresh",
        "fragile": "failed",
        "regional": "missing",
    }
    assert states["fragile"]["why"] == "ValueError: it is broken"
    assert states["fragile"]["run"] == 3
    assert states["model"]["version"] == 2
    assert states["model"]["checks"] == {"passed": 1, "warned": 1, "failed": 0, "unknown": 0}
    assert states["regional"]["partitions"] == {
        "total": 4, "fresh": 2, "stale": 0, "missing": 2, "failed": 0, "made": 0
    }  # fmt: skip


def test_the_value_on_a_node_is_the_first_number_where_no_worker_took_a_look(shown: Shown) -> None:
    assert shown.states()["model"]["value"] in (
        "r2 0.25",
        shown.get("/api/asset", key="model")["latest"]["summary"],
    )


def test_a_selection_means_assets_and_a_wrong_one_says_what_to_write(shown: Shown) -> None:
    assert shown.get("/api/selection", expression="model+")["keys"] == ["model", "fragile"]
    assert shown.get("/api/selection", expression="group:raw")["keys"] == ["raw"]
    wrong = shown.get("/api/selection", 422, expression="modle")
    assert wrong["next_step"] == "did you mean 'model'?"


def test_the_catalog_is_filtered_and_comes_in_pages(shown: Shown) -> None:
    first = shown.get("/api/assets", limit=3)
    assert (len(first["items"]), first["total"], first["next"]) == (3, 4, "3")
    rest = shown.get("/api/assets", limit=3, cursor=first["next"])
    assert ([row["node"]["key"] for row in rest["items"]], rest["next"]) == (["regional"], None)
    assert [row["node"]["key"] for row in shown.get("/api/assets", query="FRAG")["items"]] == ["fragile"]
    assert [row["node"]["key"] for row in shown.get("/api/assets", status="failed")["items"]] == ["fragile"]
    (model,) = shown.get("/api/assets", selection="model")["items"]
    assert model["versions"] == 2
    assert model["bytes"] > 0


def test_an_asset_has_its_newest_version_its_checks_and_its_neighbours(shown: Shown) -> None:
    model = shown.get("/api/asset", key="model")
    assert (model["upstream"], model["downstream"], model["versions"]) == (["raw"], ["fragile"], 2)
    assert model["latest"]["number"] == 2
    assert {check["name"]: check["latest"]["passed"] for check in model["checks"]} == {
        "good": True,
        "doubtful": False,
    }
    assert model["reasons"] == []


def test_a_name_that_is_nearly_one_is_asked_back(shown: Shown) -> None:
    assert shown.get("/api/asset", 404, key="modl")["next_step"] == "did you mean 'model'?"


def test_versions_come_newest_first_in_pages(shown: Shown) -> None:
    first = shown.get("/api/asset/versions", key="model", limit=1)
    second = shown.get("/api/asset/versions", key="model", limit=1, cursor=first["next"])
    assert [first["items"][0]["number"], second["items"][0]["number"], second["next"]] == [2, 1, None]
    assert first["items"][0]["metrics"] == {"r2": 0.25, "nan": "NaN", "rows": 3.0 + 7}
    assert first["items"][0]["checks"]["warned"] == 1
    assert first["items"][0]["seconds"] > 0


def test_a_version_in_a_list_says_what_is_another_than_before_it(shown: Shown, tmp_path: Path) -> None:
    # The one before it is on the next page.
    assert shown.get("/api/asset/versions", key="model", limit=1)["items"][0]["changed"] == []
    source = """
from tidemill import Config, asset

class Size(Config):
    rows: int = 3

@asset
def rows(config: Size):
    return list(range(config.rows))

@asset
def least(rows):
    return min(rows)
"""
    file, home = write(tmp_path, "pipeline.py", source), tmp_path / ".tidemill"
    config = ["--config", '{"ops": {"rows": {"config": {"rows": 5}}}}']
    for words in ([], config):
        done = tidemill(tmp_path, "materialize", "-f", "pipeline.py", *words, TIDEMILL_HOME=str(home))
        assert done.code == 0
    write(tmp_path, "pipeline.py", source.replace("min(rows)", "max(rows)"))
    done = tidemill(
        tmp_path, "materialize", "-f", "pipeline.py", "--select", "least", TIDEMILL_HOME=str(home)
    )
    assert done.code == 0
    host = CommandHost(file, home)
    with served(create_app(home, host)) as client:
        edited = Shown(tmp_path, host, client)
        changed = {
            key: [row["changed"] for row in edited.get("/api/asset/versions", key=key)["items"]]
            for key in ("rows", "least")
        }
    host.close()
    assert changed == {"rows": [["config", "value"], None], "least": [["code", "value"], ["inputs"], None]}


def test_versions_of_all_partitions_or_of_one(shown: Shown) -> None:
    every = shown.get("/api/asset/versions", key="regional")["items"]
    assert sorted(row["partition"] for row in every) == ["b", "c"]
    assert [
        row["partition"] for row in shown.get("/api/asset/versions", key="regional", partition="b")["items"]
    ] == ["b"]
    first = shown.get("/api/asset/versions", key="regional", limit=1)
    second = shown.get("/api/asset/versions", key="regional", limit=1, cursor=first["next"])
    assert {first["items"][0]["partition"], second["items"][0]["partition"]} == {"b", "c"}


def test_a_version_has_its_metadata_its_inputs_and_what_was_made_from_it(shown: Shown) -> None:
    version = shown.get("/api/asset/versions/1", key="model")
    entries = {entry["label"]: entry for entry in version["metadata"]}
    assert (entries["nan"]["value"], entries["nan"]["number"]) == ("NaN", "NaN")
    assert (entries["note"]["type"], entries["note"]["value"]) == ("md", "# hi")
    assert [(ref["asset"], ref["number"]) for ref in version["inputs"]] == [("raw", 1)]
    assert [(ref["asset"], ref["number"]) for ref in version["outputs"]] == [("fragile", 1)]
    assert {verdict["name"] for verdict in version["verdicts"]} == {"good", "doubtful"}


def test_a_version_of_a_partition_is_named_with_it(shown: Shown) -> None:
    assert shown.get("/api/asset/versions/1", key="regional", partition="c")["partition"] == "c"
    refused = shown.get("/api/asset/versions/1", 404, key="regional")
    assert "partition" in refused["next_step"]
    assert shown.get("/api/asset/versions/9", 404, key="model")["subject"] == "model@9"


def test_a_value_that_only_looks_alike_is_not_called_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, "p.py", "from tidemill import asset\n@asset\ndef n(): return [*range(99), 1]\n")
    home = tmp_path / ".tidemill"
    for last in ("1", "2"):
        write(tmp_path, "p.py", file.read_text().replace(", 1]", f", {last}]"))
        assert tidemill(tmp_path, "materialize", "-f", "p.py", TIDEMILL_HOME=str(home)).code == 0
    with served(create_app(home)) as client:
        diff = client.get("/api/asset/diff", params={"key": "n", "before": 1, "after": 2}).json()
    assert diff["value"] == []
    assert "value" not in diff["same"]
    assert "metadata" in diff["same"]


def test_two_versions_made_alike_differ_in_nothing_that_made_them(shown: Shown) -> None:
    diff = shown.get("/api/asset/diff", key="model", before=1, after=2)
    assert (diff["before"]["number"], diff["after"]["number"]) == (1, 2)
    assert set(diff["same"]) == {"code", "config", "inputs", "libraries", "metadata", "value"}


def test_numbers_over_time_with_nan_as_a_text(shown: Shown) -> None:
    series = {one["label"]: one["points"] for one in shown.get("/api/asset/metrics", key="model")["series"]}
    assert [point["value"] for point in series["r2"]] == [0.25, 0.25]
    assert [math.isnan(float(point["value"])) for point in series["nan"]] == [True, True]


def test_verdicts_over_time_of_all_checks_or_of_one(shown: Shown) -> None:
    assert len(shown.get("/api/asset/checks", key="model")["items"]) == 4
    page = shown.get("/api/asset/checks", key="model", name="good", limit=1)
    rest = shown.get("/api/asset/checks", key="model", name="good", limit=1, cursor=page["next"])
    told = [(verdict["name"], verdict["version"]) for verdict in (*page["items"], *rest["items"])]
    assert told == [("good", 2), ("good", 1)]


def test_partitions_come_in_stretches(shown: Shown) -> None:
    partitions = shown.get("/api/asset/partitions", key="regional")
    assert [(s["first"], s["last"], s["count"], s["status"]) for s in partitions["stretches"]] == [
        ("a", "a", 1, "missing"),
        ("b", "c", 2, "fresh"),
        ("d", "d", 1, "missing"),
    ]
    assert shown.get("/api/asset/partitions", key="regional", start=1, limit=1)["next"] == 2


def test_facts_about_an_asset_newest_first(shown: Shown) -> None:
    first = shown.get("/api/asset/events", key="model", limit=2)
    rest = shown.get("/api/asset/events", key="model", cursor=first["next"])
    places = [row["seq"] for row in (*first["items"], *rest["items"])]
    assert places == sorted(places, reverse=True)
    assert {row["kind"] for row in (*first["items"], *rest["items"])} == {"materialized", "checked"}
    made = shown.get("/api/asset/events", key="model", kind="materialized")["items"]
    assert [row["text"] for row in made] == ["model@2 was made", "model@1 was made"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"status": "failed"}, [3]),
        ({"status": ["failed", "succeeded"]}, [3, 2, 1]),
        ({"status": "canceled"}, []),
        ({"asset": "fragile"}, [3, 1]),
        ({"asset": "regional", "status": "succeeded"}, [2]),
        ({"job": "nothing"}, []),
        ({"tag": "none=1"}, []),
        ({"before": 1}, []),
        ({"after": 1}, [3, 2, 1]),
    ],
)
def test_runs_are_filtered(shown: Shown, query: dict[str, Any], numbers: list[int]) -> None:
    assert [row["number"] for row in shown.get("/api/runs", **query)["items"]] == numbers


def test_runs_come_in_pages(shown: Shown) -> None:
    first = shown.get("/api/runs", limit=2)
    assert [row["number"] for row in first["items"]] == [3, 2]
    assert [row["number"] for row in shown.get("/api/runs", limit=2, cursor=first["next"])["items"]] == [1]


def test_a_run_has_its_steps_and_the_error_with_the_user_s_line(shown: Shown) -> None:
    run = shown.get("/api/run/3")
    assert (run["status"], run["live"], run["counts"]) == ("failed", False, {"succeeded": 3, "failed": 1})
    steps = {row["step"]: row for row in run["rows"]}
    assert steps["fragile"]["error"]["message"] == "ValueError: it is broken"
    assert steps["fragile"]["error"]["file"].endswith("pipeline.py")
    assert steps["fragile"]["deps"] == ["model"]
    assert steps["model_good"]["deps"] == ["model"]
    assert [ref["number"] for ref in steps["model"]["made"]] == [2]
    assert steps["model"]["log_bytes"] > 0
    assert shown.get(f"/api/run/{run['id']}")["number"] == 3


def test_steps_and_facts_of_a_run_come_in_pages(shown: Shown) -> None:
    first = shown.get("/api/run/3/steps", limit=2)
    rest = shown.get("/api/run/3/steps", start=first["next"])
    assert len(first["items"]) + len(rest["items"]) == 4
    places: list[int] = []
    after = 0
    while after is not None:
        page = shown.get("/api/run/3/events", after=after, limit=4)
        places += [row["seq"] for row in page["items"]]
        after = page["next"]
    assert places == sorted(set(places))
    assert [row["kind"] for row in shown.get("/api/run/3/events", kind="step_failed")["items"]] == [
        "step_failed"
    ]
    assert {row["step"] for row in shown.get("/api/run/3/events", step="model")["items"]} == {"model"}


def test_a_log_by_line_number_and_from_its_end(shown: Shown) -> None:
    log = shown.get("/api/run/1/log", step="model")
    assert [line["text"] for line in log["items"]] == ["step 0", "step 1", "step 2"]
    assert (log["total"], log["closed"]) == (3, True)
    assert [line["n"] for line in shown.get("/api/run/1/log", step="model", start=-1)["items"]] == [2]
    assert shown.get("/api/run/1/log", step="model", start=3)["items"] == []
    assert shown.get("/api/run/1/log", 404, step="nobody")["subject"] == "nobody"


def test_two_runs_side_by_side(shown: Shown) -> None:
    diff = shown.get("/api/runs/diff", before=1, after=3)
    assert (diff["before"]["number"], diff["after"]["number"]) == (1, 3)
    assert diff["code"] == []
    assert diff["config"] == []


def test_the_store_tells_what_it_takes(shown: Shown) -> None:
    store = shown.get("/api/store")
    assert (store["runs"], store["versions"]) == (3, 6)
    assert {disk["asset"] for disk in store["disk"]} == {"raw", "model", "fragile", "regional"}
    assert store["database_bytes"] > 0
    assert {setting["name"] for setting in store["settings"]} >= {"keep_logs", "durability"}


def test_a_run_that_is_not_there_is_no_failure(shown: Shown) -> None:
    for path in ("/api/run/99", "/api/run/nobody", "/api/run/99/steps", "/api/run/99/events"):
        assert shown.get(path, 404)["found"] == "no run of that number or id"


def test_an_address_of_the_page_gives_the_page_and_one_of_the_api_does_not(shown: Shown) -> None:
    assert shown.client.get("/runs/3").headers["content-type"].startswith("text/html")
    assert shown.get("/api/nothing", 404)["subject"] == "/api/nothing"


def test_what_cannot_be_started_says_why_by_field(shown: Shown) -> None:
    refused = shown.client.post("/api/runs", json={"selection": "raw", "config": {"oops": {}}})
    assert refused.status_code == 422
    assert refused.json()["details"] == [{"path": "oops", "message": "is no part of a config"}]
    checked = shown.client.post("/api/launch/check", json={"config": {"oops": {}}})
    assert checked.json()["problems"][0]["path"] == "oops"
