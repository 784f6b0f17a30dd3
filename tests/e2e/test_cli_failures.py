"""Steps that fail, are skipped, blocked or tried again, as the command line tells them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import tidemill, write

SOURCE = """
import time
from tidemill import (
    AssetCheckResult, AssetCheckSeverity, Failure, Output, RetryPolicy, asset, asset_check, get_dagster_logger
)

def inner(x):
    return 1 / x

@asset
def fine(): return 1

@asset
def broken(fine):
    print("about to divide")
    return inner(0)

@asset
def after(broken): return 1

@asset
def parses(fine):
    try:
        int("x")
    except ValueError as error:
        raise RuntimeError("no answer") from error

@asset
def told(fine):
    raise Failure("out of stories", metadata={"url": "http://x"})

@asset(output_required=False)
def maybe(fine):
    if fine == 99:
        yield Output(1)

@asset
def after_maybe(maybe): return 1

@asset(retry_policy=RetryPolicy(max_retries=2))
def flaky(context, fine):
    print("try", context.retry_number + 1)
    if context.retry_number < 2:
        raise ValueError("not yet")
    return "ok"

@asset_check(asset=fine, blocking=True)
def strict(fine): return AssetCheckResult(passed=False)

@asset_check(asset=flaky)
def lenient(flaky): return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failures")
    write(
        folder, "p.py", SOURCE.replace("@asset_check(asset=fine, blocking=True)", "@asset_check(asset=fine)")
    )
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    done = tidemill(folder, "materialize", "-f", "p.py")
    assert (done.code, done.err) == (1, "")
    return done.out


@pytest.mark.parametrize(
    "line",
    [
        r"✓ fine .* 1",
        r"✗ broken .*ZeroDivisionError: division by zero",
        r"⊘ after +needs broken",
        r"✗ parses .*RuntimeError: no answer",
        r"✗ told .*Failure: out of stories",
        r"○ maybe .* gave no output",
        r"○ after_maybe +maybe gave no output",
        r"↻ flaky +attempt 1 failed, next in .*: ValueError: not yet",
        r"✓ flaky .*at attempt 3",
        r"! flaky_lenient .*! lenient",
        r"run 1 failed  \d+ steps, 2 skipped, 3 failed, 1 blocked, .*",
        r"2 checks did not pass: fine:strict, flaky:lenient",
        r"see what it wrote: tidemill logs 1 broken",
    ],
)
def test_each_step_says_what_became_of_it(printed: str, line: str) -> None:
    assert re.search(f"^{line}$", printed, re.MULTILINE), printed


def test_tracebacks_have_the_users_frames_only(printed: str, folder: Path) -> None:
    files = set(re.findall(r'File "([^"]+)"', printed))
    assert files == {str(folder / "p.py")}
    assert re.search(r"in broken\n.*inner\(0\)(.|\n)*in inner\n.*1 / x(.|\n)*ZeroDivisionError", printed)
    assert re.search(r"ValueError: invalid literal(.|\n)*which led to(.|\n)*RuntimeError: no answer", printed)
    assert "  url: http://x" in printed


def test_logs_have_lines_and_errors(printed: str, folder: Path) -> None:
    broken = tidemill(folder, "logs", "1", "broken").out
    assert re.match(r"\d\d:\d\d:\d\d  about to divide\n\nbroken failed, attempt 1\nTraceback", broken)
    flaky = tidemill(folder, "logs", "1", "flaky", "--json").json
    assert [(line["attempt"], line["text"]) for line in flaky] == [(1, "try 1"), (2, "try 2"), (3, "try 3")]
    assert tidemill(folder, "logs", "1", "fine").out == "nothing was written\n"
    assert "flaky (attempt 3)  try 3" in tidemill(folder, "logs", "1").out


def test_runs_and_their_documents_tell_the_same(printed: str, folder: Path) -> None:
    page = tidemill(folder, "runs", "1").out
    assert re.search(r"✗ broken +failed .*ZeroDivisionError", page)
    assert re.search(r"⊘ after +blocked +needs broken", page)
    assert re.search(r"○ maybe +skipped .*gave no output", page)
    assert re.search(r"✓ flaky +succeeded .*attempt 3", page)
    document = tidemill(folder, "runs", "1", "--json").json
    broken = next(step for step in document["steps"] if step["step"] == "broken")
    assert broken["error"]["class"] == "ZeroDivisionError"
    assert broken["error"]["message"] == "ZeroDivisionError: division by zero"
    assert "in inner" in broken["error"]["traceback"]


def test_a_blocking_check_blocks_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, "p.py", SOURCE)
    done = tidemill(tmp_path, "materialize", "-f", "p.py", "--select", "fine+")
    assert done.code == 1
    assert re.search(r"✗ fine_strict .*✗ strict", done.out)
    assert re.search(r"⊘ broken +✗ strict \(blocks\)", done.out)
    assert "tidemill.core" not in done.out
