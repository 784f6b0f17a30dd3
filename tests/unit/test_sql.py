"""The SQL files: the schema is the sum of the migrations, and every named statement means something."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

import tidemill.storage
from tidemill.storage.database import own_migrations, schema_script
from tidemill.storage.projections import TABLES
from tidemill.storage.statements import split, statements

KEPT = {"events", "artifacts", "blobs", "migrations", "recipes", "heartbeats", "claims"}
FRAGMENTS = {"runs": " ORDER BY r.number DESC LIMIT :limit"}


def described(*scripts: str) -> set[tuple[str, str, str]]:
    """Type, name and text (without comments and layout) of everything that the scripts make."""
    connection = sqlite3.connect(":memory:")
    for script in scripts:
        connection.executescript(script)
    found = connection.execute("SELECT type, name, ifnull(sql, '') FROM sqlite_master").fetchall()
    connection.close()
    return {(kind, name, " ".join(re.sub("--.*", "", sql).split())) for kind, name, sql in found}


def test_the_schema_is_the_sum_of_the_migrations() -> None:
    assert described(schema_script()) == described(*(migration.script for migration in own_migrations()))


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    assert [migration.number for migration in own_migrations()] == list(range(1, len(own_migrations()) + 1))


@pytest.mark.parametrize("name", sorted(statements()))
def test_a_named_statement_compiles_against_the_schema(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(schema_script())
    text = statements()[name] + FRAGMENTS.get(name, "")
    names = dict.fromkeys(re.findall(r":(\w+)", text))
    parameters = names or [None] * text.count("?")
    connection.execute(f"EXPLAIN {text}", parameters).fetchall()
    connection.close()


def test_every_named_statement_is_used_and_every_used_one_exists() -> None:
    folder = Path(tidemill.storage.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    unused = [name for name in statements() if f'"{name}"' not in code]
    unknown = [
        name for name in re.findall(r'(?:sql|statements\(\))\["(\w+)"\]', code) if name not in statements()
    ]
    assert (unused, unknown) == ([], [])


def test_a_rebuild_empties_every_table_that_is_not_kept() -> None:
    tables = {
        name for kind, name, _ in described(schema_script()) if kind == "table" and "sqlite_" not in name
    }
    assert tables == KEPT | set(TABLES)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("events_of_run", "events_of_run"),
        ("events_of_asset", "events_of_asset"),
        ("versions_of_slice", "events_of_asset"),
        ("versions_of_asset", "events_of_asset"),
        ("version_by_number", "events_of_asset"),
        ("version_by_id", "events_of_version"),
        ("latest_versions", "sqlite_autoindex_slices_1|PRIMARY KEY"),
        ("latest_of_assets", "sqlite_autoindex_slices_1|PRIMARY KEY"),
        ("page_of_run", r"events_of_run \(run=\? AND rowid>\?\)"),
        ("drop_chatter", r"events_of_run \(run=\? AND rowid>\? AND rowid<\?\)"),
        ("let_go_inline", r"SEARCH artifacts USING PRIMARY KEY"),
        ("series", "PRIMARY KEY"),
        ("versions_made_from", "PRIMARY KEY"),
    ],
)
def test_a_hot_query_scans_no_table(name: str, index: str) -> None:
    plan = query_plan(statements()[name])
    assert re.search(index, plan)
    assert not re.search(r"SCAN (e|events|s|slices|m|metrics|a|artifacts|i|lineage)\b", plan), plan


def test_asking_for_unfinished_runs_touches_no_other() -> None:
    assert "unfinished_runs" in query_plan(
        statements()["runs"] + " AND r.finished IS NULL ORDER BY r.number DESC"
    )


def query_plan(text: str) -> str:
    connection = sqlite3.connect(":memory:")
    connection.executescript(schema_script())
    parameters = dict.fromkeys(re.findall(r":(\w+)", text)) or [None] * text.count("?")
    rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    connection.close()
    return "\n".join(row[-1] for row in rows)


def test_split_keeps_semicolons_in_strings_and_drops_trailing_comments() -> None:
    script = "-- one\nCREATE TABLE a (b TEXT DEFAULT ';');\nINSERT INTO a VALUES ('x;y');\n-- the end\n"
    parts = [part.strip() for part in split(script)]
    assert parts == ["-- one\nCREATE TABLE a (b TEXT DEFAULT ';');", "INSERT INTO a VALUES ('x;y');"]


def test_split_gives_a_last_statement_without_semicolon() -> None:
    assert [part.strip() for part in split("SELECT 1;\nSELECT 2")] == ["SELECT 1;", "SELECT 2"]
