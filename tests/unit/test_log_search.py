"""Lines of a log that match: by text, by level, in pages, and in files of which nobody read anything yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tidemill.server.reading import logs
from tidemill.server.reading.logs import LogPages, Wanted


def _file(path: Path, texts: list[str], level: str = "info") -> Path:
    rows = [{"at": n, "stream": "log", "level": level, "text": text} for n, text in enumerate(texts)]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def _all(pages: LogPages, path: Path, wanted: Wanted, limit: int = 1000) -> list[int]:
    found: list[int] = []
    start: int | None = 0
    while start is not None:
        answer = pages.find(path, wanted, start, limit)
        found += [line.n for line in answer.lines]
        assert answer.next is None or answer.next > start
        start = answer.next
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EPOCH", [0, 1]),
        ("epoch 1", [1]),
        ('say "no"', [2]),
        ("back\\slash", [3]),
        ("zürich", [4]),
        ("info", []),
        ("text", []),
        ("", [0, 1, 2, 3, 4]),
    ],
)
def test_text_is_found_in_any_case_and_only_in_what_was_written(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    path = _file(tmp_path / "log", ["Epoch 0", "epoch 1", 'they say "no"', "a back\\slash", "Zürich"])
    assert _all(LogPages(), path, Wanted(text)) == expected


def test_only_errors_are_serious(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for level in ("info", "error", "warning", "critical"):
        _file(path, [f'about an "error" {level}'], level)
    assert _all(LogPages(), path, Wanted(serious=True)) == [1, 3]
    assert _all(LogPages(), path, Wanted("critical", serious=True)) == [3]


def test_what_is_asked_on_with_leaves_nothing_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path / "log", [f"line {n}" for n in range(3000)])
    assert _all(LogPages(), path, Wanted("line"), limit=7) == list(range(3000))
    monkeypatch.setattr(logs, "LOOKED_THROUGH", 0.0)
    assert _all(LogPages(), path, Wanted("line 29")) == [29, *range(290, 300), *range(2900, 3000)]


def test_a_log_that_grew_is_looked_through_to_its_end(tmp_path: Path) -> None:
    pages, path = LogPages(), tmp_path / "log"
    assert pages.find(path, Wanted("x"), 0, 10) == ([], None)
    _file(path, ["x", "y"])
    assert _all(pages, path, Wanted("x")) == [0]
    _file(path, ["x"])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": 1, "text": "x half a')
    assert _all(pages, path, Wanted("x")) == [0, 2]
    assert pages.find(path, Wanted("x"), 99, 10) == ([], None)
