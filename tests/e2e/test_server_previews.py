"""What a worker saw of a value, as the server passes it on: it never looks at the value itself."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from serving import served

from tidemill.core.events import Materialized
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Version
from tidemill.server.app import create_app
from tidemill.storage import Store

TABLE = {
    "kind": "table", "type": "pandas.DataFrame", "summary": "8,000 × 2", "shape": [8000, 2],
    "columns": [{"name": "x", "type": "int64"}, {"name": "y", "type": "float64"}], "rows": [[1, 2.0]],
}  # fmt: skip
WIDER = {
    **TABLE,
    "summary": "8,000 × 3",
    "shape": [8000, 3],
    "columns": [*TABLE["columns"], {"name": "z", "type": "str"}],
}


def with_previews(folder: Path, *previews: Any) -> None:
    """A store with a version for each; the record of a version is not the place to try what a later one may hold."""
    with Store.open(folder) as store:
        for number, _ in enumerate(previews):
            metadata = {"rows": MetadataValue.int(7)}
            version = Version(f"v{number}", AssetKey("a"), None, 1, "d", "c", metadata=metadata)
            store.append("", [Materialized(1, "s", 1, version)])
    database = sqlite3.connect(folder / "tidemill.db")
    for number, preview in enumerate(previews):
        if preview is not None:
            database.execute(
                "UPDATE events SET data = json_set(data, '$.version.preview', json(?)) WHERE version = ?",
                (json.dumps(preview), f"v{number}"),
            )
    database.commit()
    database.close()


def test_a_preview_is_on_the_node_and_with_its_version_and_two_are_compared(tmp_path: Path) -> None:
    with_previews(tmp_path, TABLE, WIDER)
    with served(create_app(tmp_path)) as client:
        assert client.get("/api/states").json()["states"]["a"]["value"] == "8,000 × 3"
        version = client.get("/api/asset/versions/1", params={"key": "a"}).json()
        assert version["preview"] == TABLE
        assert version["summary"] == "8,000 × 2"
        diff = client.get("/api/asset/diff", params={"key": "a", "before": 1, "after": 2}).json()
        changed = {change["name"]: (change["before"], change["after"]) for change in diff["value"]}
        assert changed["shape"] == ([8000, 2], [8000, 3])
        assert changed["columns.z"] == (None, "str")


@pytest.mark.parametrize(
    "preview", [None, {}, {"kind": "hologram", "type": "x", "summary": "y"}, [1], "text", 7]
)
def test_a_preview_of_a_form_that_is_not_known_is_none(tmp_path: Path, preview: Any) -> None:
    with_previews(tmp_path, preview)
    with served(create_app(tmp_path)) as client:
        version = client.get("/api/asset/versions/1", params={"key": "a"})
        assert version.status_code == 200, version.text
        assert version.json()["preview"] is None
        assert client.get("/api/states").json()["states"]["a"]["value"] in ("rows 7", "y")


def test_a_number_that_json_does_not_have_comes_as_a_text(tmp_path: Path) -> None:
    with_previews(tmp_path, {"kind": "scalar", "type": "float", "summary": "nan", "value": "NaN"})
    with served(create_app(tmp_path)) as client:
        assert client.get("/api/asset", params={"key": "a"}).json()["latest"]["preview"]["value"] == "NaN"
