"""Pages of log files by line number: while they grow, when they are replaced, and of a million lines."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

from hypothesis import given, strategies as st

from tidemill.server.reading.logs import STRIDE, LogPages
from tidemill.work.logs import log_file


def row(text: str, at: int = 1) -> bytes:
    """A line as a step writes it."""
    return json.dumps({"at": at, "stream": "stdout", "level": "info", "text": text}).encode() + b"\n"


def texts(pages: LogPages, path: Path, start: int, limit: int) -> list[str]:
    return [line.text for line in pages.page(path, start, limit).lines]


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert LogPages().page(tmp_path / "none.jsonl", 0, 10) == ([], 0)


def test_lines_are_counted_from_0_and_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.1.jsonl"
    path.write_bytes(b"".join(row(str(n)) for n in range(10)))
    pages = LogPages()
    assert texts(pages, path, 3, 2) == ["3", "4"]
    assert texts(pages, path, -2, 10) == ["8", "9"]
    assert texts(pages, path, -99, 1) == ["0"]
    assert texts(pages, path, 10, 5) == []
    assert [line.n for line in pages.page(path, -1, 1).lines] == [9]


def test_a_line_without_an_end_is_left_until_it_has_one(tmp_path: Path) -> None:
    path, pages, whole = tmp_path / "a.1.jsonl", LogPages(), row("second")
    path.write_bytes(row("first") + whole[:10])
    assert (texts(pages, path, 0, 9), pages.total(path)) == (["first"], 1)
    with path.open("ab") as file:
        file.write(whole[10:])
    assert (texts(pages, path, 0, 9), pages.total(path)) == (["first", "second"], 2)


def test_a_file_that_was_cut_is_counted_anew(tmp_path: Path) -> None:
    path, pages = tmp_path / "a.1.jsonl", LogPages()
    path.write_bytes(row("old") * 5)
    assert pages.total(path) == 5
    path.write_bytes(row("n"))
    assert texts(pages, path, 0, 9) == ["n"]


def test_a_line_that_is_no_json_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.1.jsonl"
    path.write_bytes(b"what \xff is this\n" + row("fine") + b"[1]\n")
    assert texts(LogPages(), path, 0, 9) == ["what \ufffd is this", "fine", "[1]"]


def test_a_line_of_a_megabyte_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.1.jsonl"
    path.write_bytes(row("x" * 1_000_000) + row("next"))
    first, second = LogPages().page(path, 0, 2).lines
    assert len(first.text) < 101_000
    assert first.text.endswith("(1,000,000 characters)")
    assert second.text == "next"


@given(
    lengths=st.lists(st.integers(0, 200_000), max_size=30),
    cuts=st.lists(st.floats(0, 1), max_size=4),
    start=st.integers(-40, 40),
    limit=st.integers(1, 40),
)
def test_however_it_grows_a_page_is_what_a_reader_of_the_whole_sees(
    tmp_path_factory: object, lengths: list[int], cuts: list[float], start: int, limit: int
) -> None:
    path = Path(str(getattr(tmp_path_factory, "mktemp")("log"))) / "a.1.jsonl"  # noqa: B009
    data = b"".join(row(str(n) * (length // len(str(n)) or 1)) for n, length in enumerate(lengths))
    pages, written = LogPages(), 0
    path.touch()
    for cut in [*sorted(cuts), 1.0]:
        with path.open("ab") as file:
            file.write(data[written : int(len(data) * cut)])
        written = int(len(data) * cut)
        whole = path.read_bytes().split(b"\n")[:-1]
        first = max(0, len(whole) + start) if start < 0 else start
        page = pages.page(path, start, limit)
        assert page.total == len(whole)
        assert [line.n for line in page.lines] == list(range(first, min(first + limit, len(whole))))
        for line in page.lines:
            assert json.loads(whole[line.n])["text"][:1000] == line.text[:1000]


def test_a_page_of_a_million_lines_reads_a_few_of_them(tmp_path: Path) -> None:
    path, pages, chance = tmp_path / "a.1.jsonl", LogPages(), random.Random(3)
    with path.open("wb") as file:
        for start in range(0, 1_000_000, 10_000):
            file.write(b"".join(row(f"epoch {n}") for n in range(start, start + 10_000)))
    assert pages.total(path) == 1_000_000
    began = time.process_time()
    for _ in range(20):
        number = chance.randrange(1_000_000 - 100)
        assert texts(pages, path, number, 100) == [f"epoch {n}" for n in range(number, number + 100)]
    each = (time.process_time() - began) / 20
    assert each < 0.05, f"a page took {each * 1e3:.0f} ms"
    assert path.stat().st_size > 200 * STRIDE


def test_steps_with_very_long_names_have_log_files_of_their_own(tmp_path: Path) -> None:
    steps = ["short", "é" * 300, "é" * 299 + "e", "w" * 250, "w" * 251]
    paths = [log_file(tmp_path, step, 1) for step in steps]
    for path in paths:
        path.write_bytes(row(path.name))
    assert len(list(tmp_path.iterdir())) == len(steps)
    assert paths[0].name == "short.1.jsonl"
