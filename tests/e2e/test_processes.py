"""Steps in processes that crash, hang, eat memory or write past Python: their own affair, told with the cause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from processes_line import Told, is_gone, materialize, processes_of, told

from tidemill.core.events import StepFailed, StepRetrying, StepSucceeded
from tidemill.executors.hand import amount

CRASHES = """
import ctypes, os, signal, sys
from tidemill import RetryPolicy, asset

@asset
def fine():
    return 1

@asset
def segfault():
    print("before the crash")
    ctypes.CDLL(None).printf(b"a line of C\\n")
    ctypes.string_at(0)

@asset
def exits():
    print("not finished", end="")
    sys.stdout.flush()
    os._exit(7)

@asset
def killed():
    os.write(2, b"too big\\n")
    os.kill(os.getpid(), signal.SIGKILL)

@asset
def aborts():
    os.abort()

@asset(retry_policy=RetryPolicy(max_retries=1))
def unlucky(context):
    if context.retry_number == 0:
        os._exit(3)
    return "at last"

@asset
def after(fine, unlucky):
    return fine + 1

@asset
def blocked(segfault):
    return 1
"""


class TestCrashes:
    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
        folder = tmp_path_factory.mktemp("crashes")
        done = materialize(folder, source=CRASHES)
        assert (done.code, done.err) == (1, "")
        assert is_gone(folder), processes_of(folder)
        with told(folder) as store:
            yield store

    def test_others_finish_and_the_pool_heals(self, store: Told) -> None:
        assert store.statuses() == {
            "fine": "succeeded",
            "segfault": "failed",
            "exits": "failed",
            "killed": "failed",
            "aborts": "failed",
            "unlucky": "succeeded",
            "after": "succeeded",
            "blocked": "blocked",
        }
        assert store.values(["after", "unlucky"]) == [2, "at last"]

    @pytest.mark.parametrize(
        ("step", "cause", "last_line"),
        [
            ("segfault", "crashed with a segmentation fault (SIGSEGV)", "a line of C"),
            ("exits", "ended itself with exit code 7", "it had written nothing"),
            ("killed", "was killed (SIGKILL)", "too big"),
            ("aborts", "aborted (SIGABRT)", "Fatal Python error: Aborted"),
        ],
    )
    def test_the_cause_is_told_with_the_last_lines(
        self, store: Told, step: str, cause: str, last_line: str
    ) -> None:
        error = store.steps()[step].error
        assert error is not None
        assert error.cls_name.rpartition(".")[2] == "WorkerDiedError"
        assert f"The process of step {step!r} {cause}" in error.message
        assert last_line in error.message

    def test_what_was_written_is_there(self, store: Told) -> None:
        assert store.texts("segfault")[:2] == ["before the crash", "a line of C"]
        assert "in segfault" in "\n".join(store.texts("segfault"))
        assert "tidemill" not in "\n".join(store.texts("segfault"))
        assert store.texts("killed") == ["too big"]

    def test_a_crash_is_retried_like_any_failure(self, store: Told) -> None:
        events = store.home.store.events(store.run().run.id, kinds=[StepRetrying])
        (retrying,) = [entry.event for entry in events]
        assert isinstance(retrying, StepRetrying)
        assert (retrying.step, retrying.attempt) == ("unlucky", 1)
        assert "exit code 3" in retrying.error.message


LIMITS = """
import ctypes, time
from pathlib import Path
from tidemill import RetryPolicy, asset

@asset(timeout=0.2)
def slow():
    try:
        time.sleep(60)
    finally:
        print("cleaned up")

@asset(timeout=0.2)
def in_c():
    ctypes.PyDLL(None).sleep(60)

@asset(timeout=0.2)
def stubborn():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

@asset(timeout=20)
def quick():
    return sum(range(3_000_000))

@asset(resources={"memory": "300MiB"})
def greedy():
    held = []
    for _ in range(600):
        held.append(bytearray(b"x") * (4 << 20))
        time.sleep(0.01)

@asset
def modest():
    held = bytearray(b"x") * (200 << 20)
    return len(held)

@asset
def fails():
    held = bytearray(b"x") * (100 << 20)
    sum(range(3_000_000))
    raise ValueError
"""


class TestLimits:
    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
        folder = tmp_path_factory.mktemp("limits")
        config = '{"execution": {"config": {"multiprocess": {"max_concurrent": 4}}}}'
        assert materialize(folder, "--config", config, source=LIMITS).code == 1
        assert is_gone(folder)
        with told(folder) as store:
            yield store

    @pytest.mark.parametrize("step", ["slow", "in_c", "stubborn"])
    def test_a_step_that_takes_too_long_is_ended_wherever_it_is(self, store: Told, step: str) -> None:
        error = store.steps()[step].error
        assert error is not None
        assert error.cls_name.rpartition(".")[2] == "StepTimeoutError"
        assert "longer than the 0.2 s" in error.message
        (failed,) = [event for event in self.ends(store) if event.step == step]
        assert 0.2 <= failed.seconds < 3

    def test_it_may_clean_up_before(self, store: Told) -> None:
        assert store.texts("slow") == ["cleaned up"]

    def test_too_much_memory_ends_a_step_and_the_peak_is_told(self, store: Told) -> None:
        assert "took more memory than it may" in store.error("greedy")
        assert "at most 300 MiB" in store.error("greedy")
        (failed,) = [event for event in self.ends(store) if event.step == "greedy"]
        assert failed.memory > 300 << 20
        assert amount(failed.memory) in store.error("greedy")

    def test_memory_and_processor_time_are_recorded(self, store: Told) -> None:
        used = {event.step: (event.memory, event.cpu) for event in self.ends(store)}
        assert used["modest"][0] > 200 << 20
        assert used["fails"][0] > 100 << 20
        assert used["quick"][0] < 200 << 20
        assert 0.005 < used["quick"][1] < 10
        assert 0.005 < used["fails"][1] < 10

    def ends(self, store: Told) -> list[StepFailed | StepSucceeded]:
        events = store.home.store.events(store.run().run.id, kinds=[StepFailed, StepSucceeded])
        return [entry.event for entry in events if isinstance(entry.event, (StepFailed, StepSucceeded))]


DEATHS = r"""
import os, signal, subprocess, sys, time
from tidemill import asset

def work(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass

@asset
def works():
    work(0.5)

@asset(deps=[works])
def killed():
    work(0.2)
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"])
    os.kill(os.getpid(), signal.SIGKILL)

@asset(deps=[works], timeout=0.3)
def slow():
    work(60)

@asset(deps=[works], isolation="spawn")
def at_once():
    os._exit(1)
"""


def test_a_step_whose_process_died_has_its_own_processor_time_and_no_other(tmp_path: Path) -> None:
    config = '{"execution": {"config": {"multiprocess": {"max_concurrent": 1}}}}'
    assert materialize(tmp_path, "--config", config, source=DEATHS).code == 1
    with told(tmp_path) as store:
        events = store.home.store.events(store.run().run.id, kinds=[StepFailed])
        used = {entry.event.step: entry.event.cpu for entry in events if isinstance(entry.event, StepFailed)}
    assert (
        0.37 < used["killed"] < 0.6
    )  # with the child that it has waited for, and without the step before it
    assert 0.02 < used["slow"] < 5
    assert 0 <= used["at_once"] < 0.1  # what a new interpreter imports is no step's


OUTPUT = """
import ctypes, logging, multiprocessing, os, subprocess, sys, threading, time
from tidemill import ConfigurableResource, EnvVar, Definitions, asset

class Client(ConfigurableResource):
    token: str

@asset
def ordered(context):
    libc = ctypes.CDLL(None)
    print("python")
    os.write(1, b"descriptor\\n")
    print("again", file=sys.stderr)
    libc.printf(b"C library\\n")
    context.log.info("logged")
    subprocess.run(["echo", "from a child"], check=True)
    os.system("echo from a shell >&2")
    print("last")

@asset
def bars():
    for n in range(5):
        print(f"\\rstep {n}", end="", file=sys.stderr)
    print(file=sys.stderr)
    for n in range(5):
        os.write(1, f"\\rpart {n}".encode())
    os.write(1, b"\\n")
    os.write(1, b"no end of line")

def work(n):
    print("child", n)

@asset
def forks():
    print("kept back", end="")
    child = multiprocessing.get_context("fork").Process(target=work, args=(1,))
    child.start()
    child.join()
    print()
    print("parent")

@asset
def threads():
    def write(n):
        for _ in range(50):
            print(str(n) * 2000)
    running = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for each in running: each.start()
    for each in running: each.join()

@asset
def secret(client: Client):
    os.write(1, f"raw {client.token}\\n".encode())
    subprocess.run(["echo", "child", client.token], check=True)
    print("python", client.token)

@asset
def mute():
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.write(1, b"lost")
    print("kept")

@asset
def broken_bytes():
    os.write(1, b"\\xff\\xfe ok\\n")
    print("\\udcff")

defs = Definitions(
    assets=[ordered, bars, forks, threads, secret, mute, broken_bytes],
    resources={"client": Client(token=EnvVar("CLIENT_TOKEN"))},
)
"""
CANARY = "canary-5f3759df-sings"


class TestOutput:
    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
        folder = tmp_path_factory.mktemp("output")
        done = materialize(folder, source=OUTPUT, CLIENT_TOKEN=CANARY)
        assert done.code == 0, done.out + done.err
        assert CANARY not in done.out
        for file in (folder / ".tidemill" / "logs").rglob("*.jsonl"):
            assert CANARY not in file.read_text(encoding="utf-8")
        with told(folder) as store:
            yield store

    def test_everything_is_there_in_order(self, store: Told) -> None:
        assert [(line.stream, line.text) for line in store.lines("ordered")] == [
            ("stdout", "python"),
            ("stdout", "descriptor"),
            ("stderr", "again"),
            ("stdout", "C library"),
            ("log", "logged"),
            ("stdout", "from a child"),
            ("stderr", "from a shell"),
            ("stdout", "last"),
        ]

    def test_of_a_progress_bar_its_last_state_is_kept(self, store: Told) -> None:
        assert store.texts("bars") == ["step 4", "part 4", "no end of line"]

    def test_a_forked_child_writes_too(self, store: Told) -> None:
        assert "child 1" in store.texts("forks")[0]
        assert store.texts("forks")[1:] == ["kept back", "parent"]

    def test_threads_write_whole_lines(self, store: Told) -> None:
        assert sorted(store.texts("threads")) == sorted(str(n) * 2000 for n in range(4) for _ in range(50))

    def test_a_secret_is_masked_wherever_it_is_written(self, store: Told) -> None:
        texts = store.texts("secret")
        assert [text.split()[0] for text in texts] == ["raw", "child", "python"]
        assert not any("canary" in text for text in texts)

    def test_descriptors_that_the_step_replaced_are_its_own_affair(self, store: Told) -> None:
        assert store.texts("mute") == ["kept"]

    def test_bytes_that_are_no_text_are_shown(self, store: Told) -> None:
        assert store.texts("broken_bytes")[0] == "\\xff\\xfe ok"
        assert len(store.texts("broken_bytes")) == 2


NOISY = """
import subprocess, time
from tidemill import asset

@asset
def noisy():
    child = subprocess.Popen(["yes"])
    time.sleep(0.05)
    for n in range(20):
        print("line", n)
    child.kill()
    child.wait()
"""


def test_a_child_that_never_pauses_holds_nothing_up(tmp_path: Path) -> None:
    assert materialize(tmp_path, source=NOISY).code == 0
    with told(tmp_path) as store:
        lines = [text for text in store.texts("noisy") if text.startswith("line")]
        assert lines == [f"line {n}" for n in range(20)]
        state = store.steps()["noisy"]
        assert (state.finished_at or 0) - (state.started_at or 0) < 5_000_000
