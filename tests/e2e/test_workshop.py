"""The workshop with real processes: edits, broken code, runs side by side, cancels, and whoever is killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from processes_line import eventually
from workshops import GRACE, workshop_in

from tidemill.core.errors import InvariantViolationError, WorkerDiedError
from tidemill.core.processes import process_started
from tidemill.execution.cancel import cancel_run
from tidemill.server.models import ConfigCheck
from tidemill.server.workshop import archive

ONE = "from tidemill import asset\n\n@asset\ndef one():\n    return 1\n"
TWO = ONE + "\n@asset\ndef two(one):\n    return one + 1\n"
SLOW = """
import time
from pathlib import Path
from tidemill import asset

HERE = Path(__file__).parent

@asset(pool="one")
def slow():
    (HERE / "began").touch()
    while not (HERE / "go").exists():
        time.sleep(0.01)
    return 1

@asset
def quick():
    return 2
"""


def gone(pid: int) -> Any:
    return eventually(lambda: process_started(pid) is None)


def gone_already(pid: int) -> bool:
    return process_started(pid) is None


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    return [pid, *(each for child in children(pid) for each in family(child))]


def bench_pids() -> set[int]:
    """The processes with users' code that this one has."""
    return {pid for pid in children(os.getpid()) if b"tidemill.server.workshop.bench" in command_of(pid)}


def command_of(pid: int) -> bytes:
    """What a process was started as; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def began(tmp_path: Path) -> Any:
    return lambda: eventually((tmp_path / "began").exists)


class TestEdits:
    def test_a_saved_file_is_loaded_again(self, tmp_path: Path) -> None:
        with workshop_in(tmp_path, ONE) as shop:
            first = shop.ready()
            assert shop.keys() == ["one"]
            shop.write(TWO)
            second = shop.until(lambda code: code.status == "ready" and code.snapshot != first.snapshot)
            assert shop.keys() == ["one", "two"]
            assert [code.status for code in shop.codes[-2:]] == ["loading", "ready"]
            assert shop.ended(shop.launch(assets=["two", "one"]).number) == "succeeded"
            assert second.loaded_at > (first.loaded_at or 0)

    def test_so_is_a_module_that_it_imports_and_a_file_that_it_reads(self, tmp_path: Path) -> None:
        shop_source = (
            "import json\nfrom pathlib import Path\nimport names\nfrom tidemill import asset\n"
            "made = [asset(name=name)(lambda: 1) for name in (names.NAME, json.loads(Path(__file__)"
            ".with_name('more.json').read_text()))]\n"
        )
        (tmp_path / "names.py").write_text("NAME = 'a'\n")
        (tmp_path / "more.json").write_text('"b"')
        with workshop_in(tmp_path, shop_source) as shop:
            shop.ready()
            assert shop.keys() == ["a", "b"]
            shop.write("NAME = 'c'\n", "names.py")
            shop.until(lambda _: shop.keys() == ["c", "b"])
            shop.write('"d"', "more.json")
            shop.until(lambda _: shop.keys() == ["c", "d"])

    def test_files_named_like_modules_of_the_standard_library_are_theirs_alone(self, tmp_path: Path) -> None:
        names = ("calendar", "queue", "sqlite3", "secrets", "dataclasses", "concurrent")
        for name in names:
            (tmp_path / f"{name}.py").write_text("MINE = 1\n")
        source = "".join(f"import {name}\n" for name in names) + (
            "from tidemill import asset\n@asset\ndef one():\n"
            "    return [module.MINE for module in (calendar, queue, secrets)]\n"
        )
        with workshop_in(tmp_path, source) as shop:
            code = shop.ready()
            assert shop.keys() == ["one"], code
            assert shop.ended(shop.launch().number) == "succeeded"

    def test_what_does_not_change_the_content_loads_nothing(self, tmp_path: Path) -> None:
        with workshop_in(tmp_path, ONE) as shop:
            shop.ready()
            before = list(shop.codes)
            (tmp_path / "p.py").touch()
            (tmp_path / "other.txt").write_text("nobody read it")
            time.sleep(0.5)
            assert shop.codes == before

    def test_broken_code_keeps_the_old_definitions_and_has_the_users_traceback(self, tmp_path: Path) -> None:
        with workshop_in(tmp_path, ONE) as shop:
            first = shop.ready()
            shop.write(ONE + "\nlist_of_nothing[3]\n")
            broken = shop.until(lambda code: code.status == "broken")
            assert broken.snapshot == first.snapshot
            assert shop.keys() == ["one"]
            assert broken.problem is not None
            assert "NameError" in (broken.problem.found or "")
            assert broken.traceback is not None
            assert 'p.py", line 7, in <module>' in broken.traceback
            assert "tidemill/" not in broken.traceback
            with pytest.raises(InvariantViolationError, match="cannot be loaded"):
                shop.launch()
            shop.write(TWO)
            shop.until(lambda code: code.status == "ready")
            assert shop.keys() == ["one", "two"]

    def test_code_that_never_was_good_is_mended_by_a_new_file(self, tmp_path: Path) -> None:
        with workshop_in(tmp_path, "import missing_part\n" + ONE) as shop:
            assert shop.ready().status == "broken"
            assert shop.workshop.snapshot is None
            shop.write("", "missing_part.py")
            shop.until(lambda code: code.status == "ready")

    @pytest.mark.parametrize(
        ("source", "says"),
        [
            ("x = 1\n", "defines no assets"),
            ("from tidemill import asset\n@asset\ndef a(b): ...\n@asset\ndef b(a): ...\n", "circle"),
            ("def (:\n", "could not be imported"),
            ("import os\nos._exit(3)\n", "ended"),
            ("raise SystemExit('no')\n", "could not be imported"),
        ],
    )
    def test_what_is_no_pipeline_is_told(self, tmp_path: Path, source: str, says: str) -> None:
        with workshop_in(tmp_path, source) as shop:
            code = shop.ready()
            assert code.status == "broken"
            assert code.problem is not None
            assert says in code.problem.problem
            shop.write(ONE)
            shop.until(lambda code: code.status == "ready")

    def test_an_import_that_hangs_is_replaced_by_the_next_save(self, tmp_path: Path) -> None:
        with workshop_in(tmp_path, "import time\ntime.sleep(600)\n") as shop:
            eventually(bench_pids)
            assert shop.workshop.code.status == "loading"
            shop.write(ONE)
            shop.until(lambda code: code.status == "ready")
            assert shop.keys() == ["one"]

    def test_a_run_goes_on_with_the_code_that_it_was_asked_for(self, tmp_path: Path, began: Any) -> None:
        with workshop_in(tmp_path, SLOW) as shop:
            first = shop.ready()
            number = shop.launch(assets=["slow"]).number
            assert began()
            benches = bench_pids()
            shop.write(SLOW.replace("return 1", "return 100"))
            shop.until(lambda code: code.status == "ready" and code.snapshot != first.snapshot)
            (tmp_path / "go").touch()
            assert shop.ended(number) == "succeeded"
            with shop.store() as told:
                assert told.value("slow") == 1
            assert eventually(lambda: not (benches & bench_pids()) or len(bench_pids()) == 2)
            assert shop.ended(shop.launch(assets=["slow"], what="stale").number) == "succeeded"
            with shop.store() as told:
                assert told.value("slow") == 100


class TestRuns:
    def test_several_go_on_at_once_and_wait_for_pools(self, tmp_path: Path, began: Any) -> None:
        with workshop_in(tmp_path, SLOW, pools={"one": 1}) as shop:
            shop.ready()
            first, second = (shop.launch(assets=["slow"]).number for _ in range(2))
            assert began()
            quick = shop.launch(assets=["quick"]).number
            assert shop.ended(quick) == "succeeded"
            with shop.store() as told:
                assert [told.run(n or 0).status for n in (first, second)] == ["started", "started"]
                assert sorted(told.statuses(n or 0)["slow"] for n in (first, second)) == [
                    "planned",
                    "started",
                ]
            (tmp_path / "go").touch()
            assert [shop.ended(n) for n in (first, second)] == ["succeeded", "succeeded"]

    def test_a_cancel_ends_it(self, tmp_path: Path, began: Any) -> None:
        with workshop_in(tmp_path, SLOW) as shop:
            shop.ready()
            asked = shop.launch(assets=["slow"])
            assert began()
            with shop.store() as told:
                state = cancel_run(told.home, asked.id or "", "enough of it", grace=GRACE)
                assert state.status == "canceled"
                assert told.statuses() == {"slow": "canceled"}

    def test_what_a_driver_prints_is_beside_the_logs_of_its_run(self, tmp_path: Path) -> None:
        source = (
            "import os\nfrom tidemill import ConfigurableResource, Definitions, asset, in_process_executor\n"
            "class Loud(ConfigurableResource):\n"
            "    def setup_for_execution(self, context):\n        os.write(1, b'set up\\n')\n"
            "@asset\ndef one(loud: Loud):\n    return 1\n"
            "defs = Definitions([one], resources={'loud': Loud()}, executor=in_process_executor)\n"
        )
        with workshop_in(tmp_path, source) as shop:
            shop.ready()
            asked = shop.launch()
            assert shop.ended(asked.number) == "succeeded"
            text = (tmp_path / ".tidemill" / "logs" / (asked.id or "") / "driver.txt").read_text()
            assert "set up" in text

    def test_runs_in_process_do_not_repeat_one_anothers_random_numbers(self, tmp_path: Path) -> None:
        source = (
            "import random\nimport numpy as np\nfrom tidemill import Definitions, asset, in_process_executor\n"
            "@asset\ndef drawn():\n    return random.random(), float(np.random.rand())\n"
            "defs = Definitions([drawn], executor=in_process_executor)\n"
        )
        with workshop_in(tmp_path, source) as shop:
            shop.ready()
            values = []
            for _ in range(2):
                assert shop.ended(shop.launch().number) == "succeeded"
                with shop.store() as told:
                    values.append(told.value("drawn"))
            assert values[0][0] != values[1][0]
            assert values[0][1] != values[1][1]

    def test_a_validator_that_ends_the_process_is_told_with_its_last_words(self, tmp_path: Path) -> None:
        source = (
            "import os\nfrom pydantic import field_validator\nfrom tidemill import Config, asset\n"
            "class Odd(Config):\n    n: int = 1\n"
            "    @field_validator('n')\n    @classmethod\n    def deadly(cls, n):\n"
            "        if n == 13:\n            os.write(2, b'unlucky\\n')\n            os._exit(5)\n        return n\n"
            "@asset\ndef one(config: Odd):\n    return config.n\n"
        )
        with workshop_in(tmp_path, source) as shop:
            shop.ready()
            deadly = {"ops": {"one": {"config": {"n": 13}}}}
            with pytest.raises(WorkerDiedError, match="gave no answer") as raised:
                shop.launch(config=deadly)
            assert "unlucky" in (raised.value.found or "")
            with pytest.raises(WorkerDiedError):
                shop.workshop.check(ConfigCheck(config=deadly))
            assert shop.ended(shop.launch().number) == "succeeded"


class TestKilled:
    def test_a_driver_that_is_killed_is_found_and_leaves_nothing(self, tmp_path: Path, began: Any) -> None:
        with workshop_in(tmp_path, SLOW) as shop:
            shop.ready()
            asked = shop.launch(assets=["slow"])
            assert began()
            with shop.store() as told:
                driver = told.home.store.live_runs()[0].lease.pid
            processes = family(driver)
            assert len(processes) >= 3  # with the nursery, and a worker
            os.kill(driver, signal.SIGKILL)
            assert shop.ended(asked.number) == "failed"
            assert all(gone(pid) for pid in processes)
            assert shop.ended(shop.launch(assets=["quick"]).number) == "succeeded"

    def test_a_bench_that_is_killed_is_replaced_and_its_runs_are_canceled(
        self, tmp_path: Path, began: Any
    ) -> None:
        with workshop_in(tmp_path, SLOW, steady=0.0) as shop:
            shop.ready()
            asked = shop.launch(assets=["slow"])
            assert began()
            (bench,) = [pid for pid in bench_pids() if children(pid)]
            processes = family(bench)
            os.kill(bench, signal.SIGKILL)
            assert shop.ended(asked.number) == "canceled"
            assert all(gone(pid) for pid in processes)
            shop.until(lambda code: code.status == "ready" and bench not in bench_pids())
            assert shop.ended(shop.launch(assets=["quick"]).number) == "succeeded"

    def test_a_bench_that_does_not_answer_is_replaced(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tidemill.server.workshop.benches.PROMPT", 0.3)
        with workshop_in(tmp_path, ONE, steady=0.0) as shop:
            shop.ready()
            bench = shop.workshop._bench
            assert bench is not None
            os.kill(bench.pid, signal.SIGSTOP)
            with pytest.raises(WorkerDiedError, match="ended"):
                shop.launch()
            shop.until(lambda code: code.status == "ready" and shop.workshop._bench is not bench)
            monkeypatch.undo()
            assert shop.ended(shop.launch().number) == "succeeded"
            assert not gone_already(bench.pid)  # it may have runs
        assert gone(bench.pid)

    def test_close_asks_runs_to_end_and_leaves_nothing(self, tmp_path: Path, began: Any) -> None:
        with workshop_in(tmp_path, SLOW) as shop:
            shop.ready()
            asked = shop.launch(assets=["slow"])
            assert began()
            processes = [each for pid in bench_pids() for each in family(pid)]
        assert shop.ended(asked.number) == "canceled"
        assert all(gone(pid) for pid in processes)


def test_the_last_snapshot_is_there_for_a_server_without_code(tmp_path: Path) -> None:
    with workshop_in(tmp_path, TWO) as shop:
        code = shop.ready()
    found = archive.last(tmp_path / ".tidemill")
    assert found is not None
    assert (found.id, list(found.nodes)) == (code.snapshot, ["one", "two"])
    assert archive.last(tmp_path / ".tidemill", "file:elsewhere.py") is None
    with workshop_in(tmp_path, "import time\ntime.sleep(60)\n") as shop:
        assert shop.keys() == ["one", "two"]  # while the code is being imported
        assert shop.workshop.code.status == "loading"


def test_what_stale_means_is_known_without_the_code(tmp_path: Path) -> None:
    with workshop_in(tmp_path, ONE) as shop:
        first = shop.ready()
        assert shop.ended(shop.launch().number) == "succeeded"
        shop.write(ONE.replace("return 1", "return 2"))
        shop.until(lambda code: code.status == "ready" and code.snapshot != first.snapshot)
        assert shop.workshop.snapshot is not None
        (unit,) = shop.workshop.snapshot.units.values()
        with shop.store() as told:
            assert told.home.store.recipe(unit.fingerprint) is not None
