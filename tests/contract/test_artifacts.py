"""The artifact folder on a real disk: round trips, sharing, damage, full disks, killed writers."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sparse
from hypothesis import HealthCheck, given, settings, strategies as st

from tidemill.core.errors import DamagedArtifactError, StoreError, UnpicklableValueError, ValueNotStoredError
from tidemill.core.records import Artifact, FileIdentity
from tidemill.io.artifacts import TEMPORARY, ArtifactFolder
from tidemill.io.content import content_digest

LINUX = sys.platform == "linux"


@pytest.fixture(params=["normal", "full"])
def durability(request: pytest.FixtureRequest) -> Literal["normal", "full"]:
    return request.param


@pytest.fixture
def folder(tmp_path: Path, durability: Literal["normal", "full"]) -> ArtifactFolder:
    return ArtifactFolder(tmp_path / "artifacts", durability=durability)


def files(folder: ArtifactFolder) -> list[Path]:
    return sorted(path for path in folder.folder.rglob("*") if path.is_file())


def run(source: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A child process that runs `source` with the arguments in `sys.argv`."""
    command = [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=60)


class Canary:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path, payload: bytes = b"") -> None:
        self.path = path
        self.payload = payload

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,), None, None, None


# ── round trips


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", b"bytes", [1, {"a": (2, None)}], {"x", "y"}],
    ids=lambda value: type(value).__name__,
)
def test_small_values_are_in_the_record_and_no_folder_is_made(folder: ArtifactFolder, value: object) -> None:
    artifact = folder.save(value, subject="a")
    loaded = folder.load(artifact)
    assert loaded.value == value
    assert type(loaded.value) is type(value)
    assert loaded.verified is None
    assert artifact.inline is not None
    assert len(artifact.inline) == artifact.size
    assert artifact.canonical
    assert artifact.content == content_digest(value)
    assert folder.verify(artifact) is None
    assert not folder.folder.exists()


@pytest.mark.parametrize(
    ("durability", "size"), [("normal", 1024), ("full", 16 * 1024)], indirect=["durability"]
)
def test_the_largest_container_in_the_record(folder: ArtifactFolder, size: int) -> None:
    head = folder.save("x" * 600, subject="a").size - 600
    assert folder.save("x" * (size - head), subject="a").inline is not None
    artifact = folder.save("x" * (size - head + 1), subject="a")
    assert artifact.inline is None
    assert folder.path(artifact.address).stat().st_size == artifact.size == size + 1
    assert folder.load(artifact).value == "x" * (size - head + 1)


@pytest.mark.parametrize("count", [3, 200, 5_000, 400_000])
def test_arrays_come_back_equal_and_writable(folder: ArtifactFolder, count: int) -> None:
    made = np.arange(float(count))
    artifact = folder.save({"a": made, "b": made.astype("f4")}, subject="a")
    loaded = folder.load(artifact).value
    assert np.array_equal(loaded["a"], made)
    loaded["a"] *= 2
    loaded["b"][0] = 9
    again = folder.load(artifact)
    assert np.array_equal(again.value["a"], made)  # what a reader changes is the reader's own
    assert again.verified is None


@pytest.mark.parametrize(
    "made",
    [
        np.arange(60_000.0).reshape(200, 300)[:, ::2],
        np.asfortranarray(np.arange(60_000.0).reshape(200, 300)),
        np.arange(60_000.0).reshape(20, 30, 100).transpose(1, 2, 0),
        np.arange(60_000).astype("datetime64[s]"),
        np.arange(60_000).astype("timedelta64[ms]").reshape(200, 300)[::2],
        np.zeros(9_000, dtype=[("a", "u1"), ("b", "f8")]),
    ],
    ids=["view", "fortran", "axes", "dates", "durations", "structured"],
)
def test_layouts_and_dtypes_stay_out_of_the_stream(tmp_path: Path, made: np.ndarray) -> None:
    folder = ArtifactFolder(tmp_path)
    artifact = folder.save(made, subject="a")
    loaded = folder.load(artifact).value
    assert loaded.dtype == made.dtype
    assert np.array_equal(loaded, made)
    assert loaded.flags.writeable
    assert loaded.flags.f_contiguous == made.flags.f_contiguous
    container = folder.path(artifact.address).read_bytes()
    assert int.from_bytes(container[24:32], "little") < 1_000  # bytes of the stream
    assert content_digest(loaded) == artifact.content


def test_tables_and_matrices_come_back(folder: ArtifactFolder) -> None:
    table = pd.DataFrame(
        {"n": np.arange(9_000), "t": pd.date_range("2024", periods=9_000), "s": ["é"] * 9_000}
    )
    matrix = sparse.random(300, 300, 0.1, format="csr", random_state=0)
    artifact = folder.save((table, matrix), subject="a")
    loaded = folder.load(artifact).value
    pd.testing.assert_frame_equal(loaded[0], table)
    assert (loaded[1] != matrix).nnz == 0
    loaded[0].loc[0, "n"] = 7
    assert content_digest((table, matrix)) == artifact.content


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=3_000),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
def test_any_nested_value_comes_back(tmp_path: Path, value: object) -> None:
    folder = ArtifactFolder(tmp_path)
    artifact = folder.save(value, subject="a")
    assert folder.load(artifact).value == value
    assert folder.save(value, subject="a").content == artifact.content


def test_a_value_is_kept_once(folder: ArtifactFolder) -> None:
    made = np.arange(300_000.0)
    first = folder.save(made, subject="a")
    second = folder.save(made.copy(), subject="b")
    assert first.identity.inode == second.identity.inode
    assert first._replace(identity=None) == second._replace(identity=None)
    assert files(folder) == [folder.path(first.address)]


def test_a_damaged_file_is_replaced_when_its_value_is_saved_again(folder: ArtifactFolder) -> None:
    for made in (np.arange(20_000.0), np.arange(300_000.0)):
        artifact = folder.save(made, subject="a")
        flip(folder.path(artifact.address), -1)
        again = folder.save(made, subject="a")
        assert again.identity != artifact.identity
        assert folder.load(again).verified is None
        assert np.array_equal(folder.load(again).value, made)


def test_who_has_a_file_mapped_keeps_it_when_it_is_replaced_or_removed(folder: ArtifactFolder) -> None:
    made = np.arange(300_000.0)
    artifact = folder.save(made, subject="a")
    mapped = folder.load(artifact).value
    folder.path(artifact.address).unlink()
    folder.save(made, subject="a")
    folder.path(artifact.address).unlink()
    assert np.array_equal(mapped, made)


def test_threads_may_save_the_same_value_at_once(folder: ArtifactFolder) -> None:
    made = np.arange(200_000.0)
    saved: list[Artifact] = []
    threads = [
        threading.Thread(target=lambda: saved.append(folder.save(made, subject="a"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({artifact.address for artifact in saved}) == 1
    assert len(saved) == 8
    assert len(files(folder)) == 1
    assert np.array_equal(folder.load(saved[0]).value, made)


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_two_processes_share_the_pages(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    megabytes = 64
    artifact = folder.save((np.ones(megabytes * 131_072), pd.Series(np.ones(10_000))), subject="a")
    source = """
        import sys, pathlib, json
        import numpy, pandas
        from tidemill.core.records import Artifact, FileIdentity
        from tidemill.io.artifacts import ArtifactFolder
        def own():
            lines = pathlib.Path("/proc/self/smaps_rollup").read_text().splitlines()
            kinds = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
            return kinds["Pss:"] / 1024, kinds["Rss:"] / 1024
        address, size, identity = json.loads(sys.argv[2])
        print("ready", flush=True); input()
        before = own()
        artifact = Artifact(address, size, address, False, "", FileIdentity(*identity))
        loaded = ArtifactFolder(pathlib.Path(sys.argv[1])).load(artifact)
        assert loaded.verified is None
        total = loaded.value[0].sum()
        print("touched", flush=True); input()
        after = own()
        print(json.dumps([total, after[0] - before[0], after[1] - before[1]]), flush=True)
        input()
    """
    given = json.dumps([artifact.address, artifact.size, artifact.identity])
    command = [sys.executable, "-c", textwrap.dedent(source), str(tmp_path), given]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    with children[0], children[1]:
        for expected in ("ready", "touched"):
            for child in children:
                assert child.stdout
                assert child.stdout.readline().strip() == expected
            for child in children:
                assert child.stdin
                child.stdin.write("\n")
                child.stdin.flush()
        found = [json.loads(child.stdout.readline()) for child in children if child.stdout]
        for child in children:
            child.communicate("\n")
    for total, proportional, resident in found:
        assert total == megabytes * 131_072
        assert resident > megabytes * 0.9
        assert proportional < megabytes * 0.7


# ── what cannot be stored


class Holder:
    def __init__(self, **parts: object) -> None:
        self.__dict__.update(parts)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"lock": threading.Lock()}, "value['lock']: _thread.lock"),
        (Holder(model=Holder(name="x", callback=threading.Lock())), "value.model.callback: _thread.lock"),
        ([1, (2, {"deep": sys._getframe()})], "value[1][1]['deep']: frame"),
        ((part for part in "abc"), "value: generator"),
        (
            Holder(run=(lambda lock: lambda: lock)(threading.Lock())),
            "value.run's variable 'lock': _thread.lock",
        ),
    ],
    ids=["dict", "attributes", "nested", "generator", "closure"],
)
def test_the_part_that_cannot_be_pickled_is_named(tmp_path: Path, value: object, part: str) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts")
    with pytest.raises(UnpicklableValueError) as caught:
        folder.save(value, subject="my_asset")
    assert caught.value.subject == "my_asset"
    assert (caught.value.found or "").startswith(part)
    assert caught.value.expected
    assert "io_manager_key" in (caught.value.next_step or "")
    assert not folder.folder.exists()


def test_a_value_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(UnpicklableValueError) as caught:
        ArtifactFolder(tmp_path).save(value, subject="deep")
    assert "deep recursion" in (caught.value.found or "")


def test_what_only_cloudpickle_can_store_comes_back(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    scale = 3
    artifact = folder.save({"f": lambda x: x * scale, "a": np.arange(50_000.0)[::2]}, subject="a")
    loaded = folder.load(artifact).value
    assert loaded["f"](2) == 6
    assert np.array_equal(loaded["a"], np.arange(0, 50_000.0, 2))
    assert loaded["a"].flags.writeable
    assert not artifact.canonical
    assert artifact.content == artifact.address


SCRIPT = """
    import json, pathlib, sys, importlib.util
    from tidemill.io.artifacts import ArtifactFolder
    from tidemill.core.records import Artifact
    import threading
    FACTOR = 3
    class Scaler:
        def scale(self, x): return x * FACTOR
    folder = ArtifactFolder(pathlib.Path(sys.argv[1]))
    artifact = folder.save([Scaler(), "x" * 2000], subject="a")
    assert type(folder.load(artifact).value[0]) is Scaler
    print(artifact.address, artifact.size)
"""
READER = """
    import pathlib, sys
    from tidemill.io.artifacts import ArtifactFolder
    from tidemill.core.records import Artifact
    artifact = Artifact(sys.argv[2], 0, sys.argv[2], False, "")
    print(ArtifactFolder(pathlib.Path(sys.argv[1])).load(artifact).value[0].scale(2))
"""


def test_an_object_of_a_scripts_own_class_loads_where_the_script_is_not(tmp_path: Path) -> None:
    address = run(SCRIPT, tmp_path).stdout.split()[0]
    assert run(READER, tmp_path, address).stdout == "6\n"


def test_a_scripts_own_class_gives_way_to_the_one_of_that_name(tmp_path: Path) -> None:
    address = run(SCRIPT, tmp_path).stdout.split()[0]
    changed = "class Scaler:\n    def scale(self, x): return x * 100\n" + textwrap.dedent(READER)
    assert run(changed, tmp_path, address).stdout == "200\n"


def test_an_object_of_a_module_that_cannot_be_imported_elsewhere_loads_there(tmp_path: Path) -> None:
    module = tmp_path / "hidden_module.py"
    module.write_text("FACTOR = 3\nclass Scaler:\n    def scale(self, x): return x * FACTOR\n")
    source = """
        import importlib.util, pathlib, sys
        from tidemill.io.artifacts import ArtifactFolder
        spec = importlib.util.spec_from_file_location("hidden_module", sys.argv[2])
        module = sys.modules["hidden_module"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = ArtifactFolder(pathlib.Path(sys.argv[1]))
        print(folder.save([module.Scaler(), "x" * 2000], subject="a").address)
    """
    address = run(source, tmp_path / "artifacts", module).stdout.strip()
    assert run(READER, tmp_path / "artifacts", address).stdout == "6\n"


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    (tmp_path / "vanishing.py").write_text("class Thing:\n    pass\n")
    source = """
        import pathlib, sys
        sys.path.insert(0, sys.argv[2])
        import vanishing
        from tidemill.io.artifacts import ArtifactFolder
        folder = ArtifactFolder(pathlib.Path(sys.argv[1]))
        print(folder.save([vanishing.Thing(), "x" * 2000], subject="a").address)
    """
    address = run(source, tmp_path / "artifacts", tmp_path).stdout.strip()
    with pytest.raises(StoreError, match="needs the module 'vanishing'") as caught:
        ArtifactFolder(tmp_path / "artifacts").load(Artifact(address, 0, address, False, ""))
    assert not isinstance(caught.value, DamagedArtifactError | ValueNotStoredError)
    assert "vanishing" in (caught.value.next_step or "")


# ── damage


def flip(path: Path, place: int) -> None:
    """Flip a bit of a byte in place."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    with path.open("r+b") as file:
        file.write(content)


@pytest.mark.parametrize("size", [3_000, 200_000], ids=["read", "mapped"])
@pytest.mark.parametrize("place", [3, 20, 50, 200, -2])
def test_damaged_bytes_are_never_unpickled(tmp_path: Path, size: int, place: int) -> None:
    canary = tmp_path / "canary"
    folder = ArtifactFolder(tmp_path / "artifacts")
    artifact = folder.save([Canary(canary), "x" * size], subject="a")
    path = folder.path(artifact.address)
    flip(path, place)
    canary.unlink(missing_ok=True)
    for record in (
        artifact,
        artifact._replace(identity=identity_of(path)),
    ):  # a forged identity does not help
        with pytest.raises(DamagedArtifactError) as caught:
            folder.load(record)
        assert caught.value.subject == str(path)
        assert caught.value.next_step
    assert not canary.exists()
    flip(path, place)
    folder.load(artifact)
    assert canary.exists()


def test_damage_in_an_array_in_the_record_is_found(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path, durability="full")
    artifact = folder.save(np.arange(1_000.0), subject="a")
    assert artifact.inline
    with pytest.raises(DamagedArtifactError, match="Nothing of it was unpickled") as caught:
        folder.load(artifact._replace(inline=artifact.inline[:-1] + b"x"))
    assert "buffer 1 of 1" in (caught.value.found or "")


def test_damage_in_the_record_is_found(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    folder = ArtifactFolder(tmp_path)
    artifact = folder.save(Canary(canary), subject="a")
    assert artifact.inline
    damaged = bytearray(artifact.inline)
    damaged[-2] ^= 1
    for inline in (bytes(damaged), artifact.inline[:-3], b"", folder.save(5, subject="b").inline):
        with pytest.raises(DamagedArtifactError):
            folder.load(artifact._replace(inline=inline))
    assert not canary.exists()


def identity_of(path: Path) -> FileIdentity:
    status = path.stat()
    return FileIdentity(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@pytest.mark.parametrize("count", [1_000, 200_000], ids=["read", "mapped"])
def test_a_touched_file_is_verified_in_full(folder: ArtifactFolder, count: int) -> None:
    artifact = folder.save(np.arange(count * 3.0), subject="a")
    path = folder.path(artifact.address)
    os.utime(path, ns=(1, 1))
    loaded = folder.load(artifact)
    assert loaded.verified == identity_of(path) == folder.verify(artifact)
    assert folder.load(artifact._replace(identity=loaded.verified)).verified is None
    flip(path, -1)
    with pytest.raises(DamagedArtifactError, match=r"buffer 1 of 1") as caught:
        folder.load(artifact._replace(identity=loaded.verified))
    assert caught.value.subject == str(path)
    with pytest.raises(DamagedArtifactError):
        folder.verify(artifact)


@pytest.mark.parametrize("length", [0, 10, 70, 4_000])
def test_a_truncated_file_is_damage(folder: ArtifactFolder, length: int) -> None:
    artifact = folder.save(np.arange(9_000.0), subject="a")
    path = folder.path(artifact.address)
    path.write_bytes(path.read_bytes()[:length])
    for ask in (folder.load, folder.verify):
        with pytest.raises(DamagedArtifactError) as caught:
            ask(artifact)
        assert str(length) in (caught.value.found or "")


def test_a_missing_file_is_not_damage(folder: ArtifactFolder) -> None:
    artifact = folder.save(np.arange(9_000.0), subject="a")
    folder.path(artifact.address).unlink()
    for ask in (folder.load, folder.verify):
        with pytest.raises(ValueNotStoredError) as caught:
            ask(artifact)
        assert caught.value.subject == str(folder.path(artifact.address))
        assert isinstance(caught.value, FileNotFoundError)


@pytest.mark.parametrize("address", ["", "/".join(["..", "..", "etc"]), "A" * 64, "ab/" + "c" * 61])
def test_only_addresses_name_files(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueNotStoredError) as caught:
        ArtifactFolder(tmp_path).path(address)
    assert caught.value.subject == address


# ── disks that refuse

LIMITED = """
    import json, pathlib, resource, sys
    import numpy
    from tidemill.core.errors import StoreError
    from tidemill.io.artifacts import ArtifactFolder
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    folder = ArtifactFolder(pathlib.Path(sys.argv[1]), durability=sys.argv[2])
    folder.save(numpy.arange(20_000.0), subject="a")
    try:
        folder.save(numpy.arange(float(sys.argv[3])), subject="a")
    except StoreError as error:
        print(json.dumps([error.problem, error.subject, error.found, error.expected, error.next_step]))
"""


@pytest.mark.skipif(not LINUX, reason="limits of Linux")
def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path, durability: str) -> None:
    done = run(LIMITED, tmp_path / "artifacts", durability, 300_000)
    problem, subject, found, expected, next_step = json.loads(done.stdout)
    assert "2,400," in problem
    assert subject == str(tmp_path / "artifacts")
    assert os.strerror(errno.EFBIG) in found
    assert "bytes are free" in found
    assert "2,400," in expected
    assert next_step
    assert [path.stat().st_size for path in files(ArtifactFolder(tmp_path / "artifacts"))] == [160_256]


@pytest.mark.skipif(not LINUX, reason="a mount of Linux")
def test_a_full_disk_leaves_nothing(tmp_path: Path, durability: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a small disk")
    try:
        folder = ArtifactFolder(disk / "artifacts", durability=durability)  # type: ignore[arg-type]
        kept = folder.save(np.arange(300_000.0), subject="a")
        folder.save(np.arange(110_000.0), subject="b")
        for count in (400_000, 125_000):  # found before anything is written, and while it is
            with pytest.raises(StoreError, match=f"Cannot write {count * 8 // 1_000:,},") as caught:
                folder.save(np.arange(float(count)) + 1, subject="c")
            assert os.strerror(errno.ENOSPC) in (caught.value.found or "")
        assert not list(folder.folder.glob(f"{TEMPORARY}*"))
        assert folder.verify(kept)
        folder.flush()
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


@pytest.mark.parametrize("count", [5_000, 300_000])
def test_a_folder_that_cannot_be_written(folder: ArtifactFolder, count: int) -> None:
    folder.folder.write_text("a file stands in the way")
    with pytest.raises(StoreError) as caught:
        folder.save(np.arange(float(count)), subject="a")
    assert caught.value.subject == str(folder.folder)
    assert caught.value.next_step
    assert folder.folder.read_text() == "a file stands in the way"
    assert folder.load(folder.save(5, subject="b")).value == 5  # what is kept in the record needs no folder


def test_a_full_sync_that_fails_is_told_by_flush(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts", durability="full")
    artifact = folder.save(np.arange(9_000.0), subject="a")
    folder.flush()
    assert folder._syncing is not None
    folder._syncing.add(tmp_path / "gone")
    with pytest.raises(StoreError, match="power loss") as caught:
        folder.flush()
    assert caught.value.subject == str(tmp_path / "gone")
    folder.flush()  # told once
    assert folder.load(artifact).verified is None


WRITER = """
    import os, pathlib, sys
    import numpy
    from tidemill.io.artifacts import ArtifactFolder
    print("ready", flush=True)
    folder = ArtifactFolder(pathlib.Path(sys.argv[1]))
    number = 0
    while True:
        folder.save(numpy.full(2_000_000, float(number)), subject="a")
        number += 1
"""


def test_a_killed_writer_leaves_only_what_sweep_removes(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "artifacts")
    own = folder.folder / f"{TEMPORARY}{os.getpid()}-1-1"
    left: list[Path] = []
    for _ in range(30):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(folder.folder)], stdout=subprocess.PIPE
        )
        with writer:
            assert writer.stdout
            writer.stdout.readline()
            deadline = time.monotonic() + 20
            while not (left := list(folder.folder.glob(f"{TEMPORARY}*"))) and time.monotonic() < deadline:
                pass
            assert folder.sweep() == []  # it still writes
            writer.send_signal(signal.SIGKILL)
        left = list(folder.folder.glob(f"{TEMPORARY}*"))
        if left:
            break
    assert left, "every writer was killed between two files"
    own.touch()
    assert folder.sweep() == left
    assert own.exists()
    for path in files(folder):
        if path != own:
            assert folder.verify(Artifact(path.name, 0, path.name, False, "")) == identity_of(path)


def test_sweep_of_a_folder_that_is_not_there(folder: ArtifactFolder) -> None:
    assert folder.sweep() == []


def test_loading_costs_no_copy(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    artifact = folder.save(np.zeros(8_000_000), subject="a")
    import tracemalloc

    tracemalloc.start()
    try:
        loaded: Any = folder.load(artifact)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert loaded.value.nbytes == 64_000_000
    assert peak < 1_000_000
