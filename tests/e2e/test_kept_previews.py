"""Looks at values, from the worker that made them to whoever asks the store: in processes and in process alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import tidemill, write
from processes_line import told

from tidemill import DagsterInstance, asset, materialize
from tidemill.core.keys import AssetKey
from tidemill.home import Home

PIPELINE = """
import pandas as pd
from tidemill import ConfigurableResource, Definitions, EnvVar, StaticPartitionsDefinition, asset

class Service(ConfigurableResource):
    token: str

class Hostile:
    def __repr__(self):
        raise ValueError("do not look")

@asset
def table():
    return pd.DataFrame({"n": range(100), "text": ["some text"] * 100})

@asset
def leaky(service: Service):
    return {"header": f"Bearer {service.token}", service.token: 1}

@asset
def hostile():
    return Hostile()

@asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
def region(context):
    return {key: {"eu": 1, "us": [2, 3]}[key] for key in context.partition_keys}

@asset
def nothing() -> None:
    return None

service = Service(token=EnvVar("TOKEN"))
definitions = Definitions([table, leaky, hostile, region, nothing], resources={"service": service})
"""
TOKEN = "hunter2hunter2"
PLAIN = "table or leaky or hostile or nothing"


@pytest.fixture(params=[[], ["--in-process"]], ids=["in processes", "in process"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write(tmp_path, "p.py", PIPELINE)
    for words in (["--select", PLAIN], ["--select", "region", "--partition", "eu...us"]):
        done = tidemill(tmp_path, "materialize", "-f", "p.py", *words, *request.param, TOKEN=TOKEN)
        assert done.code == 0, done
    return tmp_path


def preview(folder: Path, name: str, partition: str | None = None) -> Any:
    with told(folder) as store:
        (version,) = store.home.store.versions(AssetKey(name), partition=partition, limit=1)
        return version.preview


def test_each_version_has_a_look_at_its_value(made: Path) -> None:
    table = preview(made, "table")
    assert (table["kind"], table["shape"], len(table["rows"])) == ("table", [100, 2], 20)
    assert table["rows"][1] == [1, "some text"]
    assert preview(made, "hostile")["summary"] == "Hostile"
    assert preview(made, "region", "eu")["value"] == 1
    assert preview(made, "region", "us")["summary"] == "list: 2, 3"
    assert preview(made, "nothing") is None


def test_no_secret_is_in_it(made: Path) -> None:
    entries = preview(made, "leaky")["entries"]
    assert [entry["summary"] for entry in entries] == ["Bearer ********", "1"]
    with told(made) as store, store.home.store.database() as database:  # the value itself is the user's own
        kept = [*database.connection.execute("SELECT data FROM events UNION ALL SELECT data FROM blobs")]
    assert len(kept) > 10
    assert not [text for (text,) in kept if TOKEN in text]


def test_show_says_it_in_short(made: Path) -> None:
    assert "value  pandas.DataFrame, 100 × 2, " in tidemill(made, "show", "table").out
    assert tidemill(made, "show", "table", "--json").json["preview"]["columns"][0] == {
        "name": "n",
        "type": "int64",
    }


def test_a_version_that_is_recorded_again_keeps_it(tmp_path: Path) -> None:
    source = "from tidemill import asset\nN = {}\n@asset\ndef one():\n    return [N]\n"
    for number in (1, 2, 1):
        write(tmp_path, "p.py", source.format(number))
        assert tidemill(tmp_path, "refresh", "-f", "p.py").code == 0
    with told(tmp_path) as store:
        newest, second, first = store.home.store.versions(AssetKey("one"))
        assert newest.reused_from == first.id
        assert [one.preview and one.preview["summary"] for one in (newest, second, first)] == [
            "list: 1",
            "list: 2",
            "list: 1",
        ]


def test_a_look_that_fails_costs_the_look_only(tmp_path: Path) -> None:
    import pandas as pd

    class Broken(pd.DataFrame):
        @property
        def iloc(self) -> Any:
            raise RuntimeError("cannot be looked at")

    @asset
    def odd() -> Any:
        return Broken({"a": [1]})

    with DagsterInstance(Home.open(tmp_path / "store")) as instance:
        assert materialize([odd], instance=instance).success
        assert instance.home.store.versions(AssetKey("odd"))[0].preview is None
