"""Several processes on one store, and processes that are killed, starved or not allowed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from store_events import begun, new_version, step, tables_of

from tidemill.core.records import FINAL_RUN_STATUSES
from tidemill.storage import Store
from tidemill.storage.database import Database

HERE = Path(__file__).parent
PROCESSES, APPENDS = 8, 100

WRITER = """
from pathlib import Path
from tidemill.core.events import RunSucceeded
from tidemill.storage import Store
from store_events import begun, new_version, step
name = sys.argv[2]
with Store.open(Path(sys.argv[1])) as store:
    store.append(name, begun(name))
    for number in range(int(sys.argv[3])):
        store.append(name, step(f"s{number}", new_version(id=f"{name}-{number}")))
        store.run(name)
    store.append(name, [RunSucceeded(9)])
"""

ENDLESS = """
from itertools import count
from pathlib import Path
from tidemill.storage import Store
from store_events import begun, new_version, step
store = Store.open(Path(sys.argv[1]))
store.append("run", begun("run"))
for number in count():
    store.append("run", step(f"s{number}", new_version(id=f"v{number}")))
"""

STARVED = """
import resource, signal
from pathlib import Path
from tidemill.core.errors import StoreError
from tidemill.storage import Store
from store_events import begun, new_version, step
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(Path(sys.argv[1]))
store.append("run", begun("run"))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
kept = 0
try:
    while True:
        store.append("run", step(f"s{kept}", new_version(id=f"v{kept}")))
        kept += 1
except StoreError as error:
    assert error.subject == str(Path(sys.argv[1]) / "tidemill.db"), error.subject
    print(kept, error.problem)
    sys.stdout.flush()
    import os; os._exit(0)
"""

UNPRIVILEGED = """
import os
from pathlib import Path
from tidemill.core.errors import StoreError
from tidemill.storage import Store
if os.geteuid() == 0:
    os.setuid(65534)
try:
    Store.open(Path(sys.argv[1]))
except StoreError as error:
    print(error.subject)
"""


def script(text: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{text}"]


def test_processes_append_at_once_and_none_finds_the_store_locked(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [*script(WRITER), str(tmp_path / "store"), f"run-{n}", str(APPENDS)], stderr=subprocess.PIPE
        )
        for n in range(PROCESSES)
    ]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert errors == [""] * PROCESSES
    with Store.open(tmp_path / "store") as store:
        runs = store.runs()
        assert sorted(state.number for state in runs) == list(range(1, PROCESSES + 1))
        assert {state.status for state in runs} == {"succeeded"}
        numbers = [version.number for version in store.versions(new_version().asset, ascending=True)]
        assert numbers == list(range(1, PROCESSES * APPENDS + 1))
        for state in runs:
            assert len(store.events(state.run.id)) == 3 * APPENDS + 3


def test_a_writer_that_is_killed_leaves_whole_appends_only(tmp_path: Path) -> None:
    for turn in range(3):
        folder = tmp_path / str(turn)
        writer = subprocess.Popen([*script(ENDLESS), str(folder)])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not grown(folder):
            time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with Store.open(folder) as store, store.database() as database:
            connection = database.connection
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert store.run("run").status not in FINAL_RUN_STATUSES
            events = store.events("run")
            assert len(events) > 2
            assert (len(events) - 2) % 3 == 0
            before = tables_of(connection)
            store.rebuild()
            assert tables_of(connection) == before


def grown(folder: Path) -> bool:
    log = folder / "tidemill.db-wal"
    return log.exists() and log.stat().st_size > 1_000_000  # the schema alone is some hundred kilobytes


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    told = subprocess.run([*script(STARVED), str(folder)], capture_output=True, text=True, check=True).stdout
    kept = int(told.split()[0])
    assert kept > 0
    assert "disk" in told or "read or written" in told
    with Store.open(folder) as store, store.database() as database:
        assert database.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert len(store.versions(new_version().asset)) == kept
        store.append("run", step("later", new_version()))


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    made, mine = tmp_path / "made", tmp_path / "mine"
    Store.open(made).close()
    mine.mkdir()
    for parent in [tmp_path, *tmp_path.parents[:3]]:
        parent.chmod(0o755)  # root runs this as nobody
    for folder in (made, mine):
        folder.chmod(0o555)
    try:
        for folder, named in ((mine / "new", mine / "new"), (made, made / "tidemill.db")):
            done = subprocess.run(
                [*script(UNPRIVILEGED), str(folder)], capture_output=True, text=True, check=False
            )
            assert (done.stdout.strip(), done.stderr) == (str(named), "")
    finally:
        for folder in (made, mine):
            folder.chmod(0o755)


def test_a_waiting_writer_gets_its_turn(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append("run", begun("run"))
        other = Database.open(tmp_path / "tidemill.db")
        with other.writing():
            writer = subprocess.Popen([*script(WRITER), str(tmp_path), "second", "1"], stderr=subprocess.PIPE)
            time.sleep(0.5)
            assert writer.poll() is None
        assert writer.communicate()[1] == b""
        other.connection.close()
        assert store.run("second").status == "succeeded"


def test_readers_go_on_while_a_writer_writes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append("run", begun("run"))
        other = Database.open(tmp_path / "tidemill.db")
        with pytest.raises(RuntimeError, match="undone"), other.writing() as connection:  # noqa: PT012
            connection.execute("DELETE FROM runs")
            assert store.run("run").number == 1
            raise RuntimeError("undone")
        other.connection.close()
        assert store.run("run").number == 1
