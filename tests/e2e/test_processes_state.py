"""What a step finds in a worker that others have used: what it would find in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from processes_line import Told, eventually, is_gone, materialize, started, told, write

from tidemill.core.events import StepStarted
from tidemill.executors.vitals import usable_cores

ONE = '{"execution": {"config": {"multiprocess": {"max_concurrent": 1}}}}'

SEEDS = """
import os, random
import numpy as np
from tidemill import asset

def drawn():
    return [random.random(), float(np.random.random()), os.getpid()]

def unseeded(n):
    @asset(name=f"free_{n}")
    def free():
        return drawn()
    return free

def seeded(n):
    @asset(name=f"fixed_{n}", seed=7)
    def fixed():
        return drawn()
    return fixed

free = [unseeded(n) for n in range(8)]
fixed = [seeded(n) for n in range(2)]
"""


def test_random_numbers_differ_unless_a_step_has_a_seed(tmp_path: Path) -> None:
    assert materialize(tmp_path, source=SEEDS).code == 0
    with told(tmp_path) as store:
        free = store.values([f"free_{n}" for n in range(8)])
        assert len({pid for *_, pid in free}) < 8, "workers are used again"
        assert len({number for number, *_ in free}) == 8
        assert len({number for _, number, _ in free}) == 8
        (first, second) = store.values(["fixed_0", "fixed_1"])
        assert first[:2] == second[:2]
        seeds = started_with(store)
        assert (seeds["fixed_0"], seeds["fixed_1"]) == (7, 7)
        assert len({seeds[f"free_{n}"] for n in range(8)}) == 8


def started_with(store: Told) -> dict[str, int | None]:
    events = store.home.store.events(store.run().run.id, kinds=[StepStarted])
    return {entry.event.step: entry.event.seed for entry in events if isinstance(entry.event, StepStarted)}


def test_code_that_seeds_while_it_is_imported_has_every_step_begin_there(tmp_path: Path) -> None:
    source = SEEDS.replace(
        "from tidemill import asset", "from tidemill import asset\nnp.random.seed(3)\nrandom.seed(3)"
    )
    assert materialize(tmp_path, source=source).code == 0
    with told(tmp_path) as store:
        free = store.values([f"free_{n}" for n in range(8)])
        assert len({(number, other) for number, other, _ in free}) == 1
        (fixed,) = {(number, other) for number, other, _ in store.values(["fixed_0", "fixed_1"])}
        assert fixed != (free[0][0], free[0][1])
        seeds = started_with(store)
        assert seeds["free_0"] is None, "no seed is told that was not used"
        assert seeds["fixed_0"] == 7


STATE = """
import ctypes, gc, os, signal, subprocess, sys, tempfile, threading, time, warnings
from pathlib import Path
from tidemill import asset

def look():
    shown = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.warn("seen before?")
        shown = [str(one.message) for one in caught]
    return {
        "folder": os.getcwd(),
        "added": os.environ.get("ADDED"),
        "home": os.environ.get("HOME"),
        "filters": len(warnings.filters),
        "warned": shown,
        "stdout": type(sys.stdout).__name__,
        "descriptor": os.readlink("/proc/self/fd/1")[:4],
        "term": getattr(signal.getsignal(signal.SIGTERM), "__name__", None),
        "pid": os.getpid(),
    }

@asset
def a_first():
    return look()

@asset(deps=[a_first])
def b_changes():
    os.environ["ADDED"] = "by a step"
    del os.environ["HOME"]
    warnings.simplefilter("error")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout = open(os.devnull, "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.chdir("/")
    return os.getpid()

@asset(deps=[b_changes])
def c_second():
    return look()

@asset(deps=[c_second])
def d_gone():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
    return os.getpid()

@asset(deps=[d_gone])
def e_third():
    return look()

@asset(deps=[e_third])
def f_thread():
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return os.getpid()

@asset(deps=[f_thread])
def g_after_thread():
    return look()

@asset(deps=[g_after_thread])
def h_child():
    subprocess.Popen(["sleep", "600"])
    return os.getpid()

@asset(deps=[h_child])
def i_after_child():
    return look()

@asset(deps=[i_after_child])
def j_memory():
    global kept
    kept = bytearray(b"x") * (600 << 20)
    return os.getpid()

@asset(deps=[j_memory])
def k_after_memory():
    return look()

@asset(deps=[k_after_memory], isolation="process")
def l_alone():
    return look()

@asset(deps=[l_alone])
def m_after_alone():
    return look()

@asset(deps=[m_after_alone], isolation="spawn")
def n_spawned():
    return {**look(), "command": Path("/proc/self/cmdline").read_text().split("\\0")}

@asset(deps=[n_spawned])
def o_after_spawned():
    return {**look(), "command": Path("/proc/self/cmdline").read_text().split("\\0")}
"""


class TestOneWorker:
    """One worker at a time, so that each step finds what the one before it left."""

    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
        folder = tmp_path_factory.mktemp("state")
        done = materialize(folder, "--config", ONE, source=STATE)
        assert done.code == 0, done.out
        assert is_gone(folder)
        with told(folder) as store:
            yield store

    @pytest.mark.parametrize("step", ["c_second", "e_third"])
    def test_what_a_step_changed_is_put_back(self, store: Told, step: str) -> None:
        assert store.value(step) == store.value("a_first")
        assert store.value("b_changes") == store.value("d_gone") == store.value("a_first")["pid"]

    def test_and_as_it_should_be(self, store: Told) -> None:
        first = store.value("a_first")
        assert first["folder"] == first["home"]
        assert first["warned"] == ["seen before?"]
        assert (first["stdout"], first["descriptor"]) == ("Capture", "pipe")

    @pytest.mark.parametrize(
        ("step", "after"),
        [("f_thread", "g_after_thread"), ("h_child", "i_after_child"), ("j_memory", "k_after_memory")],
    )
    def test_what_cannot_be_put_back_makes_the_worker_spent(self, store: Told, step: str, after: str) -> None:
        assert store.value(step) != store.value(after)["pid"]

    def test_a_worker_is_used_again_where_nothing_was_left(self, store: Told) -> None:
        assert store.value("g_after_thread")["pid"] == store.value("h_child")
        assert store.value("i_after_child")["pid"] == store.value("j_memory")

    def test_isolation_gives_a_process_of_its_own(self, store: Told) -> None:
        before, alone, after = (
            store.value(step)["pid"] for step in ("k_after_memory", "l_alone", "m_after_alone")
        )
        assert len({before, alone, after}) == 3

    def test_isolation_spawn_gives_an_interpreter_of_its_own(self, store: Told) -> None:
        spawned, after = store.value("n_spawned"), store.value("o_after_spawned")
        assert spawned["command"][-2] == "worker"
        assert "materialize" in after["command"]
        same = {name: value for name, value in spawned.items() if name not in ("pid", "command")}
        first = store.value("a_first")
        assert same == {name: first[name] for name in same}


TRAINS = """
import os, sys
from pathlib import Path
import numpy as np
import xgboost
from tidemill import asset

X = np.random.default_rng(0).random((400, 6))
y = (X[:, 0] > 0.5).astype(int)

def train():
    return xgboost.train({"objective": "binary:logistic", "nthread": 4}, xgboost.DMatrix(X, y), 5)

def score(model):
    return float(((model.predict(xgboost.DMatrix(X)) > 0.5) == y).mean())

AT_IMPORT = train()

@asset
def first():
    return [score(train()), score(AT_IMPORT), Path("/proc/self/cmdline").read_text().split("\\0")[-2]]
"""


def test_code_that_trains_while_it_is_imported_gets_new_interpreters(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    done = materialize(tmp_path, "--config", ONE, source=TRAINS)
    assert done.code == 0, done.out
    assert "p started threads while it was imported" in done.out
    with told(tmp_path) as store:
        *scores, role = store.value("first")
        assert min(scores) > 0.9
        assert role == "worker"


def test_code_that_only_imports_is_forked_and_may_use_its_libraries(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    source = TRAINS.replace("AT_IMPORT = train()", "").replace("AT_IMPORT", "train()")
    done = materialize(tmp_path, source=source)
    assert done.code == 0, done.out
    assert "started threads" not in done.out
    with told(tmp_path) as store:
        *scores, role = store.value("first")
        assert min(scores) > 0.9
        assert role != "worker"


def test_a_thread_in_a_module_of_the_users_package(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write(tmp_path, "mine/__init__.py", "")
    write(
        tmp_path,
        "mine/helper.py",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    )
    write(
        tmp_path,
        "mine/assets.py",
        "from tidemill import asset\nfrom .helper import time\n@asset\ndef one(): return 1\n",
    )
    from command_line import tidemill

    done = tidemill(tmp_path, "materialize", "-m", "mine.assets")
    assert done.code == 0, done.out
    assert "! mine.helper started threads" in done.out


def test_a_spawned_worker_that_cannot_import_says_so(tmp_path: Path) -> None:
    source = """
import sys
from pathlib import Path
from tidemill import asset
if "worker" in Path("/proc/self/cmdline").read_text().split("\\0"):
    raise RuntimeError("not in a worker")
@asset(isolation="spawn")
def one(): return 1
@asset
def two(): return 2
"""
    assert materialize(tmp_path, source=source).code == 1
    with told(tmp_path) as store:
        assert store.statuses() == {"one": "failed", "two": "succeeded"}
        assert "not in a worker" in store.error("one")


THREADS = """
import os, time
import numpy as np
from pathlib import Path
from tidemill import asset

def look():
    try:
        from threadpoolctl import threadpool_info
        pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    except ImportError:
        pools = []
    return {"omp": os.environ.get("OMP_NUM_THREADS"), "blas": pools, "backend": os.environ.get("MPLBACKEND")}

@asset
def alone():
    return look()

def fan(n):
    @asset(name=f"fan_{n}", deps=[alone])
    def each():
        return look()
    return each

fans = [fan(n) for n in range(8)]
"""


def test_threads_are_shared_among_the_steps_that_can_run(tmp_path: Path) -> None:
    unset = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MPLBACKEND"])
    config = ONE.replace("1", str(usable_cores()))
    assert materialize(tmp_path, "--config", config, source=THREADS, **unset).code == 0
    with told(tmp_path) as store:
        alone, fan = store.value("alone"), store.value("fan_0")
        assert alone["omp"] == str(usable_cores())
        assert fan["omp"] == "1"
        assert set(alone["blas"]) <= {usable_cores()}
        assert set(fan["blas"]) <= {1}
        assert (alone["backend"], fan["backend"]) == ("Agg", "Agg")


def test_one_slot_has_all_processors_and_settings_of_the_users_stay(tmp_path: Path) -> None:
    changes = {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": None, "MPLBACKEND": "svg"}
    source = THREADS.replace('"omp": os', '"openblas": os.environ["OPENBLAS_NUM_THREADS"], "omp": os')
    assert materialize(tmp_path, "--config", ONE, source=source, **changes).code == 0
    with told(tmp_path) as store:
        fan = store.value("fan_0")
        assert (fan["omp"], fan["backend"]) == ("3", "svg")
        assert fan["openblas"] == str(usable_cores())


def test_a_worker_that_is_replaced_tears_down_its_resources(tmp_path: Path) -> None:
    source = """
import os
from pathlib import Path
from tidemill import ConfigurableResource, Definitions, asset
HERE = Path(__file__).parent
class Client(ConfigurableResource):
    def setup_for_execution(self, context):
        (HERE / f"up-{os.getpid()}").touch()
    def teardown_after_execution(self, context):
        (HERE / f"down-{os.getpid()}").touch()
        print("let go of the client")
@asset(isolation="process")
def one(client: Client): return os.getpid()
@asset
def two(client: Client): return os.getpid()
@asset
def three(): return os.getpid()
defs = Definitions(assets=[one, two, three], resources={"client": Client()})
"""
    done = materialize(tmp_path, "--config", ONE, source=source)
    assert done.code == 0
    assert done.err.splitlines() == ["let go of the client"] * 2, "what no step prints is passed on"
    with told(tmp_path) as store:
        pids = {str(pid) for pid in store.values(["one", "two"])}
    assert {path.name.partition("-")[2] for path in tmp_path.glob("up-*")} == pids
    assert {path.name.partition("-")[2] for path in tmp_path.glob("down-*")} == pids


def test_a_worker_that_stands_still_holds_up_no_one_else(tmp_path: Path) -> None:
    source = """
import os, signal, time
from pathlib import Path
from tidemill import asset
@asset(timeout=0.3)
def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)
@asset
def other(): return 1
@asset
def more(other): return 2
"""
    write(tmp_path, "p.py", source)
    with started(tmp_path, "materialize", "-f", "p.py", TIDEMILL_GRACE="0.2") as command:
        assert eventually(lambda: command.poll() is not None, 10) is True
        assert is_gone(tmp_path)
    with told(tmp_path) as store:
        assert store.statuses() == {"stopped": "failed", "other": "succeeded", "more": "succeeded"}
