"""The live view on a terminal of its own: what it draws, that it gives the terminal back, that it costs no lines."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from command_line import on_terminal, tidemill, write

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def left(out: str) -> list[str]:
    """The lines of what was printed after the last time that the drawing was taken back."""
    return [line.rstrip() for line in ESCAPES.sub("", out.rpartition("\x1b[2K")[2]).splitlines()]


SOURCE = """
import sys, time, warnings
from tidemill import AssetExecutionContext, ConfigurableResource, Definitions, asset

class Api(ConfigurableResource):
    def setup_for_execution(self, context): print("setting up")
    def teardown_after_execution(self, context): print("tearing down")

@asset
def slow(context: AssetExecutionContext, api: Api):
    for page in range(5):
        context.progress(page + 1, 5, "pages")
        time.sleep(0.15)
    warnings.warn("careful")
    return 0.5

@asset
def bar(slow):
    for percent in (10, 50, 100):
        sys.stderr.write(f"\\r{percent}%")
        time.sleep(0.02)
    sys.stderr.write("\\n")
    print("\\x1b[31mred\\x1b[0m and plain")

@asset
def broken(slow):
    raise ValueError("a long message that does not fit into the line of a terminal: " + "x" * 200)

defs = Definitions([slow, bar, broken], resources={"api": Api()})
"""


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_steps_are_redrawn_in_place_and_stay_at_the_end(tmp_path: Path, columns: int) -> None:
    write(tmp_path, "p.py", SOURCE)
    done = on_terminal(tmp_path, "materialize", "-f", "p.py", columns=columns)
    assert done.code == 1
    text = ESCAPES.sub("", done.out)
    assert re.search(r"▸ slow .* of 5 pages" if columns > 40 else r"▸ slow", text)
    for said in ("setting up", "slow ", "careful", "bar 100%", "bar red and plain"):
        assert said in text
    end = left(done.out)
    assert not any("10%" in line for line in end)
    steps = [line for line in end if re.match(r"[✓✗] ", line)]
    assert [line.split()[:2] for line in steps] == [["✓", "slow"], ["✓", "bar"], ["✗", "broken"]]
    assert max(map(len, steps)) <= columns
    assert steps[2].endswith("…")
    assert any(line.startswith("run 1 failed") for line in end)
    assert text.rindex("tearing down") > text.rindex("bar red")


def test_the_terminal_gets_its_cursor_back(tmp_path: Path) -> None:
    write(tmp_path, "p.py", SOURCE)
    done = on_terminal(tmp_path, "materialize", "-f", "p.py")
    assert HIDE in done.out
    assert done.out.rindex(SHOW) > done.out.rindex(HIDE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_and_gives_the_terminal_back(tmp_path: Path, number: int) -> None:
    write(tmp_path, "p.py", SOURCE.replace("0.15", "20"))
    done = on_terminal(tmp_path, "materialize", "-f", "p.py", interrupt_at="1 of 5 pages", number=number)
    assert done.code == 1
    assert done.out.rindex(SHOW) > done.out.rindex(HIDE)
    end = left(done.out)
    assert [line.split()[:2] for line in end if line.startswith("⊘")] == [
        ["⊘", name] for name in ("slow", "bar", "broken")
    ]
    assert any(re.match(r"run 1 canceled: .* 3 steps, 3 canceled", line) for line in end)
    assert "Traceback" not in done.out
    assert "torn" not in done.out
    assert tidemill(tmp_path, "runs", "--json").json[0]["status"] == "canceled"


def test_ten_thousand_lines_are_all_there_and_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        "from tidemill import asset\n@asset\ndef chatty():\n    for i in range(10_000): print('line', i)\n",
    )
    done = on_terminal(tmp_path, "materialize", "-f", "p.py")
    numbers = re.findall(r"chatty line (\d+)", ESCAPES.sub("", done.out))
    assert numbers == [str(number) for number in range(10_000)]


def test_sixty_steps_fit_on_twenty_four_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        "import time\nfrom tidemill import Definitions, asset\n"
        "def make(i):\n    @asset(name=f's{i:02d}', deps=[f's{i - 1:02d}'] if i else [])\n"
        "    def step(): time.sleep(0.02)\n    return step\n"
        "defs = Definitions([make(i) for i in range(60)])\n",
    )
    done = on_terminal(tmp_path, "materialize", "-f", "p.py")
    frames = [ESCAPES.sub("", part) for part in done.out.split("\x1b[2K\x1b[1A") if "more:" in part]
    assert frames
    assert max(frame.count("\n") for frame in frames) <= 24
    assert any(re.search(r"… \d+ more: \d+ done, \d+ waiting", frame) for frame in frames)
    assert [line.split()[1] for line in left(done.out) if line.startswith("✓")] == [
        f"s{i:02d}" for i in range(60)
    ]


def test_colours_can_be_turned_off(tmp_path: Path) -> None:
    write(tmp_path, "p.py", SOURCE)
    colour = re.compile(r"\x1b\[[0-9;]*m")
    plain = on_terminal(tmp_path, "materialize", "-f", "p.py", NO_COLOR="1").out
    assert set(colour.findall(plain)) <= {"\x1b[0m", "\x1b[m"}
    assert "\x1b[32m✓" in on_terminal(tmp_path, "materialize", "-f", "p.py").out
    assert "\x1b[31mfailed\x1b[0m" in on_terminal(tmp_path, "runs").out
    assert not colour.findall(on_terminal(tmp_path, "runs", NO_COLOR="1").out)


def test_a_terminal_without_utf8_or_without_cursor(tmp_path: Path) -> None:
    write(tmp_path, "p.py", SOURCE)
    done = on_terminal(tmp_path, "materialize", "-f", "p.py", PYTHONIOENCODING="ascii", PYTHONUTF8=None)
    assert done.code == 1
    assert "+ slow" in ESCAPES.sub("", done.out)
    done = on_terminal(tmp_path, "materialize", "-f", "p.py", TERM="dumb")
    assert done.code == 1
    assert "\x1b" not in done.out.replace("\x1b[31mred\x1b[0m", "")


def test_tables_are_cut_to_the_terminal(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        "from tidemill import Definitions, asset\n"
        "names = ['rather_long_name_' + str(i) for i in range(6)]\n"
        "def make(name):\n    @asset(name=name)\n    def step(): return 1\n    return step\n"
        "@asset(deps=names)\ndef last(): return 1\n"
        "defs = Definitions([*map(make, names), last])\n",
    )
    tidemill(tmp_path, "materialize", "-f", "p.py")
    for words in (["list", "-f", "p.py"], ["runs"], ["graph", "-f", "p.py"], ["runs", "1"]):
        lines = ESCAPES.sub("", on_terminal(tmp_path, *words, columns=60).out).splitlines()
        assert max(len(line) for line in lines if not line.startswith("  code ")) <= 60, words
    assert "rather_long_name_5" in tidemill(tmp_path, "list", "-f", "p.py").out.splitlines()[-1]
