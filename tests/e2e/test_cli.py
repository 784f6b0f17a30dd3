"""The command line on a small project: what each command prints, its documents, its exit codes, its page of docs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, environment, tidemill, write

from tidemill.cli.arguments import Parser
from tidemill.cli.main import COMMANDS

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

PIPELINE = '''
import numpy as np
import pandas as pd
from tidemill import (
    AssetCheckResult, AssetExecutionContext, AssetOut, Definitions, MetadataValue, StaticPartitionsDefinition, asset,
    asset_check, define_asset_job, multi_asset,
)

print("printed while imported")

@asset(group_name="ingest")
def stories(context: AssetExecutionContext):
    """Stories of a day."""
    table = pd.DataFrame({"title": ["ä", "b", "c"], "comments": [1, 2, 30]})
    context.log.info("read %d stories", len(table))
    context.add_output_metadata(
        {"rows": 3, "preview": table, "nan": float("nan"), "plot": MetadataValue.md(f"![](data:image,{'A' * 9999})")}
    )
    return table

@multi_asset(outs={"train": AssetOut(), "test": AssetOut()})
def split(stories):
    print("splitting")
    return np.asarray(stories.comments[:2]), np.asarray(stories.comments[2:])

@asset
def model(train):
    return {"mean": float(train.mean())}

@asset
def score(model, test):
    return float(abs(test - model["mean"]).mean())

@asset_check(asset=score)
def low(score):
    return AssetCheckResult(passed=score < 1, metadata={"score": score}, description="below one")

@asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
def sales(context):
    return context.partition_key

defs = Definitions(
    [stories, split, model, score, sales], asset_checks=[low], jobs=[define_asset_job("train_all", selection="*score")]
)
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was made once, by run 1, and the partition `eu` by run 2. Tests only read it."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, "pipeline.py", PIPELINE)
    write(folder, "pyproject.toml", '[tool.tidemill]\nfile = "pipeline.py"\n')
    assert tidemill(folder, "materialize", "--select", "*score").code == 0
    assert tidemill(folder, "materialize", "--select", "sales", "--partition", "eu").code == 0
    return folder


def copy_of(project: Path, folder: Path) -> Path:
    for name in ("pipeline.py", "pyproject.toml"):
        write(folder, name, (project / name).read_text(encoding="utf-8"))
    return folder


class TestMaterialize:
    def test_on_a_pipe_it_prints_a_line_a_step_and_what_became_of_the_run(
        self, project: Path, tmp_path: Path
    ) -> None:
        done = tidemill(copy_of(project, tmp_path), "materialize", "--select", "*score")
        assert done.code == 0
        lines = [re.sub(r"\d+(\.\d)? ms|\d\.\d s", "T", line) for line in done.out.splitlines()]
        lines = [re.sub(r" +T +", "  T  ", line) for line in lines]
        assert lines[0] == "  stories | read 3 stories"
        assert re.fullmatch(r"✓ stories  T  [\d.]+ kB  rows 3  nan nan", lines[1])
        assert lines[2] == "  split | splitting"
        assert re.fullmatch(r"✓ split  T  \d+ B", lines[3])
        assert lines[-3:] == ["", "run 1 succeeded  5 steps, T", "1 check did not pass: score:low"]
        assert "! score_low  T  ✗ low" in lines
        assert "28.5" in next(line for line in lines if line.startswith("✓ score"))
        assert done.err == "printed while imported\n"

    def test_json_is_all_that_goes_to_standard_output(self, project: Path, tmp_path: Path) -> None:
        folder = copy_of(project, tmp_path)
        document = tidemill(folder, "materialize", "--select", "*score", "--json").json
        assert document["status"] == "succeeded"
        assert [(v["asset"], v["version"]) for v in document["versions"]] == [
            (name, 1) for name in ("stories", "train", "test", "model", "score")
        ]
        assert document["versions"][0]["metadata"]["nan"] == {"type": "float", "value": "nan"}
        assert [step["status"] for step in document["steps"]] == ["succeeded"] * 5
        assert [(c["check"], c["passed"]) for c in document["checks"]] == [("low", False)]
        assert document == tidemill(folder, "runs", "1", "--json").json

    def test_one_asset_is_made_again_from_what_is_stored(self, project: Path, tmp_path: Path) -> None:
        folder = copy_of(project, tmp_path)
        first = tidemill(folder, "materialize", "--select", "*score", "--json").json
        again = tidemill(folder, "materialize", "--select", "score", "--json").json
        assert [(v["asset"], v["version"]) for v in again["versions"]] == [("score", 2)]
        assert {i["id"] for i in again["versions"][0]["inputs"]} == {
            v["id"] for v in first["versions"] if v["asset"] in ("model", "test")
        }

    def test_a_run_goes_on_when_its_reader_has_gone(self, project: Path, tmp_path: Path) -> None:
        folder = copy_of(project, tmp_path)
        command = [*COMMAND, "materialize", "--select", "*score"]
        with subprocess.Popen(
            command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.close()
            assert child.stderr is not None
            assert child.stderr.read().decode() == "printed while imported\n"
        assert child.returncode == 0
        assert tidemill(folder, "runs", "--json").json[0]["status"] == "succeeded"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_cancels_the_run_and_keeps_what_was_made(self, tmp_path: Path, number: int) -> None:
        write(tmp_path, "p.py", "import time\nfrom tidemill import asset\n@asset\ndef a(): return 1\n"
              "@asset\ndef b(a):\n    print('now', flush=True)\n    time.sleep(30)\n")  # fmt: skip
        with subprocess.Popen(
            [*COMMAND, "materialize", "-f", "p.py"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            out = b""
            while b"b | now" not in out:
                out += child.stdout.read1(1000)
            child.send_signal(number)
            started = time.monotonic()
            out += child.stdout.read()
        assert time.monotonic() - started < 10
        assert child.returncode == 1
        assert "run 1 canceled" in out.decode()
        assert "✓ a" in out.decode()
        assert tidemill(tmp_path, "runs", "--json").json[0]["status"] == "canceled"
        assert tidemill(tmp_path, "show", "a", "--json").json["version"] == 1

    @pytest.mark.parametrize("form", ["text", "json", "toml"])
    def test_config_comes_from_the_command_line_or_a_file(self, tmp_path: Path, form: str) -> None:
        write(tmp_path, "p.py", "from tidemill import Config, asset\nclass C(Config):\n    depth: int\n"
              "@asset\ndef model(config: C): return config.depth\n")  # fmt: skip
        text = '{"ops": {"model": {"config": {"depth": 7}}}}'
        write(tmp_path, "c.json", text)
        write(tmp_path, "c.toml", "[ops.model.config]\ndepth = 7\n")
        given = {"text": text, "json": "c.json", "toml": "c.toml"}[form]
        done = tidemill(tmp_path, "materialize", "-f", "p.py", "--config", given, "--json")
        assert done.json["config"] == json.loads(text)
        assert "value  7 (int)" in tidemill(tmp_path, "show", "model").out


class TestLooking:
    def test_list(self, project: Path) -> None:
        rows = [line.split() for line in tidemill(project, "list").out.splitlines()]
        assert rows[0] == ["asset", "version", "made", "size", "made", "from"]
        by_name = {row[0]: row for row in rows}
        assert by_name["model"][1] == "@1"
        assert by_name["model"][-1] == "train"
        assert by_name["score"][-2:] in (["model,", "test"], ["test,", "model"])
        assert by_name["sales"][1:5] == ["1", "of", "2", "partitions"]

    def test_list_as_json(self, project: Path) -> None:
        listed = {one["asset"]: one for one in tidemill(project, "list", "--json").json}
        assert listed["stories"]["group"] == "ingest"
        assert listed["stories"]["description"] == "Stories of a day."
        assert listed["sales"]["partitions"] == {"eu": 1, "us": 0}
        assert listed["score"]["checks"] == ["low"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", listed["model"]["made_at"])

    def test_list_of_a_selection(self, project: Path) -> None:
        assert [
            one["asset"] for one in tidemill(project, "list", "--select", "group:ingest", "--json").json
        ] == ["stories"]

    def test_a_selection_needs_no_option(self, project: Path, tmp_path: Path) -> None:
        def listed(*words: str) -> list[str]:
            return [one["asset"] for one in tidemill(project, "list", *words, "--json").json]

        assert listed("group:ingest") == ["stories"]
        assert listed("stories", "score") == listed("stories", "--select", "score") == ["stories", "score"]
        assert "sales" not in tidemill(project, "graph", "*score").out
        made = tidemill(copy_of(project, tmp_path), "materialize", "stories", "--json").json
        assert [step["step"] for step in made["steps"]] == ["stories"]

    def test_list_and_graph_before_anything_was_made(self, project: Path, tmp_path: Path) -> None:
        folder = copy_of(project, tmp_path)
        assert tidemill(folder, "list").out.count("never made") == 6
        assert tidemill(folder, "graph").code == 0
        assert not (folder / ".tidemill").exists()

    def test_graph(self, project: Path) -> None:
        drawn = tidemill(project, "graph").out
        assert re.search(r"score +\?low +@1$", drawn, re.MULTILINE)
        assert re.search(r"sales +1 of 2 partitions$", drawn, re.MULTILINE)
        assert tidemill(project, "graph", "--ascii").out.isascii()
        assert "sales" not in tidemill(project, "graph", "--select", "*score").out

    def test_show_tells_value_inputs_metadata_and_checks(self, project: Path) -> None:
        page = tidemill(project, "show", "score").out
        assert page.startswith("score@1\n  made   ")
        assert "\n  value  28.5 (float)\n" in page
        assert re.search(r"made from\n  (model@1\n  test@1|test@1\n  model@1)\n", page)
        assert page.endswith("checks\n  ✗ low  below one; score 28.5\n")

    def test_show_prints_tables_and_no_image_data(self, project: Path) -> None:
        page = tidemill(project, "show", "stories").out
        assert "value  pandas.DataFrame" in page
        assert re.search(r"preview  title  comments\n +ä +1\n +b +2\n +c +30\n", page)
        assert "plot     Markdown with an image, 10.0 kB" in page
        assert "AAAA" not in page

    def test_show_of_partitions(self, project: Path) -> None:
        assert re.search(
            r"^sales\[eu\]@1\n(.|\n)*partitions\n  \[eu\]@1", tidemill(project, "show", "sales").out
        )
        assert tidemill(project, "show", "sales[eu]@1", "--json").json["partition"] == "eu"

    def test_show_prints_a_short_text_and_not_a_long_one(self, tmp_path: Path) -> None:
        source = "from tidemill import asset\n@asset\ndef short(): return 'gpu 0'\n@asset\ndef long(): return 'x' * 999"
        write(tmp_path, "texts.py", source)
        assert tidemill(tmp_path, "materialize", "-f", "texts.py", "--in-process").code == 0
        assert "value  'gpu 0' (str)" in tidemill(tmp_path, "show", "short").out
        assert "value  str, 1.1 kB" in tidemill(tmp_path, "show", "long").out

    def test_show_lists_the_versions_of_an_asset(self, project: Path, tmp_path: Path) -> None:
        folder = copy_of(project, tmp_path)
        for _ in range(2):
            tidemill(folder, "materialize", "--select", "stories")
        page = tidemill(folder, "show", "stories").out
        assert re.search(r"versions\n  @2 .*rows 3 .*\n  @1 .*rows 3", page)
        assert "versions\n" not in tidemill(folder, "show", "stories@1").out

    def test_show_as_json(self, project: Path) -> None:
        document = tidemill(project, "show", "score@1", "--json").json
        assert (document["run_number"], document["damaged"], document["type"]) == (1, False, "float")
        assert document["checks"][0]["metadata"] == {"score": {"type": "float", "value": 28.5}}
        assert document["made_at"].endswith("Z")

    def test_runs(self, project: Path) -> None:
        lines = tidemill(project, "runs").out.splitlines()
        assert re.fullmatch(r"run +status +asked +took +assets", lines[0])
        assert re.fullmatch(r" +2  succeeded .* sales \[eu\]", lines[1])
        assert re.fullmatch(r" +1  succeeded .* stories, train, test and 2 more", lines[2])
        assert [run["number"] for run in tidemill(project, "runs", "--limit", "1", "--json").json] == [2]

    def test_one_run_by_number_and_by_id(self, project: Path) -> None:
        page = tidemill(project, "runs", "2").out
        assert re.search(r"^run 2 succeeded in (.|\n)*partition +eu\n(.|\n)*✓ sales +succeeded", page)
        run = tidemill(project, "runs", "2", "--json").json["run"]
        assert tidemill(project, "runs", run[-6:], "--json").json["number"] == 2

    def test_logs(self, project: Path) -> None:
        assert re.sub(r"\d", "0", tidemill(project, "logs", "1").out) == (
            "00:00:00  stories  read 0 stories\n00:00:00  split  splitting\n"
        )
        by_asset = tidemill(project, "logs", "1", "train", "--json").json
        assert [(line["step"], line["stream"], line["text"]) for line in by_asset] == [
            ("split", "stdout", "splitting")
        ]
        assert tidemill(project, "logs", "1", "--level", "warning").out == "nothing was written\n"

    def test_validate(self, project: Path) -> None:
        done = tidemill(project, "validate")
        assert (done.code, done.out) == (
            0,
            f"{project / 'pipeline.py'}: 6 assets, 1 check, 1 job: all good\n",
        )
        assert tidemill(project, "validate", "--json").json["problems"] == []

    def test_verify(self, project: Path) -> None:
        assert re.fullmatch(
            r"6 artifacts, [\d.]+ kB: all as they were written\n", tidemill(project, "verify").out
        )
        assert tidemill(project, "verify", "--json").json["damaged"] == []

    def test_runs_of_a_folder_without_a_store(self, tmp_path: Path) -> None:
        done = tidemill(tmp_path, "runs")
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(f"no runs in {tmp_path / '.tidemill'} yet")
        assert tidemill(tmp_path, "runs", "--json").json == []
        assert not (tmp_path / ".tidemill").exists()

    def test_runs_of_a_store_without_runs(self, tmp_path: Path) -> None:
        from tidemill.storage.store import Store

        Store.open(tmp_path / ".tidemill").close()
        assert tidemill(tmp_path, "runs").out.startswith("no runs in")
        assert tidemill(tmp_path, "verify").out == "0 artifacts, 0 B: all as they were written\n"

    def test_a_reader_that_has_gone_is_no_error(self, project: Path) -> None:
        with subprocess.Popen(
            [*COMMAND, "runs"],
            cwd=project,
            env=environment(project),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            child.stdout.close()
            assert child.stderr is not None
            assert child.stderr.read() == b""
        assert child.returncode == 0


class TestWhereThingsAre:
    def test_a_setting_names_a_module_beside_it(self, project: Path, tmp_path: Path) -> None:
        write(tmp_path, "pipe.py", (project / "pipeline.py").read_text(encoding="utf-8"))
        write(tmp_path, "tidemill.toml", 'module = "pipe"\n')
        (tmp_path / "deep").mkdir()
        done = tidemill(tmp_path / "deep", "list", "--json", HOME="/")
        assert len(done.json) == 6

    def test_a_module_is_found_in_the_working_folder(self, project: Path, tmp_path: Path) -> None:
        (tmp_path / "pack").mkdir()
        write(tmp_path, "pack/__init__.py", "")
        write(tmp_path, "pack/pipe.py", (project / "pipeline.py").read_text(encoding="utf-8"))
        assert len(tidemill(tmp_path, "list", "-m", "pack.pipe", "--json").json) == 6

    def test_home_names_the_store(self, project: Path, tmp_path: Path) -> None:
        done = tidemill(tmp_path, "runs", "--home", str(project / ".tidemill"), "--json")
        assert len(done.json) == 2
        assert len(tidemill(tmp_path, "runs", "--json", TIDEMILL_HOME=str(project / ".tidemill")).json) == 2

    def test_a_file_finds_what_lies_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "code").mkdir()
        write(tmp_path, "code/beside.py", "VALUE = 5\n")
        write(
            tmp_path,
            "code/p.py",
            "from beside import VALUE\nfrom tidemill import asset\n@asset\ndef a(): return VALUE\n",
        )
        assert "✓ a" in tidemill(tmp_path, "materialize", "-f", "code/p.py").out

    def test_a_file_may_have_the_name_of_a_module_that_is_loaded(self, tmp_path: Path) -> None:
        write(tmp_path, "signal.py", "from tidemill import asset\nclass Box:\n    x = 1\n"
              "@asset\ndef a(): return Box()\n@asset\ndef b(a): return a.x\n")  # fmt: skip
        assert tidemill(tmp_path, "materialize", "-f", "signal.py").code == 0
        assert tidemill(tmp_path, "materialize", "-f", "signal.py", "--select", "b").code == 0


class TestHelp:
    def test_the_first_page_lists_every_command(self, tmp_path: Path) -> None:
        done = tidemill(tmp_path, "--help")
        assert done.code == 0
        assert done.out == tidemill(tmp_path).out
        for name, summary in COMMANDS.items():
            assert re.search(rf"^  {name} +{re.escape(summary)}$", done.out, re.MULTILINE)
        assert max(map(len, done.out.splitlines())) <= 90

    @pytest.mark.parametrize("name", COMMANDS)
    @pytest.mark.parametrize("columns", ["80", "120"])
    def test_each_command_explains_itself_with_an_example(
        self, tmp_path: Path, name: str, columns: str
    ) -> None:
        done = tidemill(tmp_path, name, "--help", COLUMNS=columns)
        assert done.code == 0
        assert f"\nexample:\n  tidemill {name}" in done.out
        options = done.out[: done.out.index("\nexample:")]
        assert max(map(len, options.splitlines())) <= int(columns)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_the_docs_have_every_command_and_option(self, name: str) -> None:
        text = DOCS.read_text(encoding="utf-8")
        command = import_module(f"tidemill.cli.commands.{name}")
        parser: ArgumentParser = Parser(f"tidemill {name}", COMMANDS[name], command.EXAMPLE)
        command.add_arguments(parser)
        assert f"| [`{name}`](#{name}) | {COMMANDS[name]} |" in text
        usage = text[text.index(f"\n## {name}\n") :].split("`")[1]
        for action in parser._actions:
            if action.dest != "help":
                shown = action.option_strings[0] if action.option_strings else str(action.metavar)
                assert shown in usage, shown
                assert all(f"`{option}" in text or f"[{option}" in text for option in action.option_strings)

    def test_the_docs_have_every_field_of_the_documents(self, project: Path) -> None:
        text = DOCS.read_text(encoding="utf-8").partition("## Documents")[2]
        run = tidemill(project, "runs", "1", "--json").json
        documents: list[dict[str, Any]] = [run, run["steps"][0], run["versions"][0], run["checks"][0]]
        names = {name for document in documents for name in document} - {"steps", "versions", "checks"}
        assert [name for name in sorted(names) if f"`{name}`" not in text] == []

    def test_the_version(self, tmp_path: Path) -> None:
        assert re.fullmatch(r"tidemill \d+\.\d+\.\d+\n", tidemill(tmp_path, "--version").out)


class TestCharacters:
    LANGS = pytest.mark.parametrize(
        "changes",
        [
            {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": None},
            {"PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": None},
        ],
    )

    @LANGS
    def test_no_sign_ends_a_command(
        self, project: Path, tmp_path: Path, changes: dict[str, str | None]
    ) -> None:
        folder = copy_of(project, tmp_path)
        for line in ("materialize --select *score", "list", "graph", "show score", "show stories", "runs 1", "logs 1",
                     "show stories --json", "show nix"):  # fmt: skip
            words = line.split()
            command = [*COMMAND, *words]
            done = subprocess.run(
                command, cwd=folder, env=environment(folder, **changes), capture_output=True, check=False
            )
            assert done.returncode == (2 if "nix" in words else 0), done.stderr
            assert b"Traceback" not in done.stderr
            if "--json" in words:
                assert json.loads(done.stdout)["metadata"]["preview"]["records"][0]["title"] == "ä"

    def test_colours_are_for_terminals(self, project: Path) -> None:
        for line in ("list", "runs", "runs 1", "show score", "logs 1", "validate"):
            assert "\x1b" not in tidemill(project, *line.split()).out


def test_the_module_runs_too(tmp_path: Path) -> None:
    assert os.access(COMMAND[0], os.X_OK)
    assert tidemill(tmp_path, "--help").out.startswith("usage: tidemill COMMAND")
