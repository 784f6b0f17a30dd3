"""The folder of artifacts: values in, `Artifact` records out, and values again.

    save   value ─pickle─▶ stream, buffers ─┬─ small ─▶ container in the record itself
                                            └─ large ─▶ temporary file, hashed meanwhile ─rename─▶ ab/abcd…
    load   record ─▶ bytes, or a private map of the file ─verify header and stream─▶ value

A file appears under its address whole or not at all, and is never changed in place: who has it mapped keeps
what was mapped. Buffers are verified when the file is not the one that was written or last verified (inode,
size, times); `Loaded.verified` is then the identity to remember.

Whoever finds that a file is there already, and means to name it in a new version, touches it (`hold`); `remove` takes
none that was touched of late. Both hold a lock on the folder, so that neither comes between the other's two steps.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from itertools import count
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn

from blake3 import blake3

from tidemill.core.errors import StoreError, ValueNotStoredError
from tidemill.core.processes import is_running
from tidemill.core.records import Artifact, FileIdentity
from tidemill.io import container, pickling
from tidemill.io.content import content_digest
from tidemill.io.locks import locked

INLINE = {"normal": 1024, "full": 16 * 1024}
"""Largest container that is kept in the database: there a row costs what a file costs (a synced one more)."""

THREADED = 1 << 20  # a thread costs more than the hashing of less
MAPPED = 64 * 1024  # smaller files are read: a map costs a file descriptor and page faults
TEMPORARY = ".writing-"

LONGEST_PLAIN = 512
_numbers = count()
_PLAIN = frozenset({type(None), bool, int, float, str, bytes})


class Loaded(NamedTuple):
    """A value, and the identity of its file where that was new and every byte was therefore verified."""

    value: Any
    verified: FileIdentity | None


class StoredFile(NamedTuple):
    """A file of the folder; `touched` is when it was last written or held, UTC microseconds."""

    address: str
    size: int
    touched: int


class _Kept(NamedTuple):
    """Where a container went."""

    address: str
    digests: list[bytes]
    identity: FileIdentity | None = None
    inline: bytes | None = None


class ArtifactFolder:
    """Stores values under the digest of their bytes.

    Args:
        folder: Where the files are; it is made when the first one is written.
        durability: `normal` survives the death of any process; `full` also power loss, once `flush` returned.
    """

    def __init__(self, folder: Path, *, durability: Literal["normal", "full"] = "normal") -> None:
        self.folder = folder
        self._inline = INLINE[durability]
        self._syncing = BackgroundSync() if durability == "full" else None

    def path(self, address: str) -> Path:
        """Where the file of that address is, or would be."""
        if len(address) != 64 or not set(address) <= set("0123456789abcdef"):
            raise ValueNotStoredError(
                f"Not the address of an artifact: {address!r}",
                subject=address,
                found=repr(address),
                expected="64 hexadecimal digits",
            )
        return self.folder / address[:2] / address

    def save(self, value: object, *, subject: str) -> Artifact:
        """Store a value: in the record itself where it is small, else in a file.

        Raises:
            UnpicklableValueError: The value cannot be stored; the error names which part of it.
            StoreError: The folder cannot be written, or the disk is full; no part of a file is left.
        """
        if type(value) in _PLAIN:
            stream = pickle.dumps(value, pickling.PROTOCOL)
            if len(stream) <= LONGEST_PLAIN:
                address, whole = container.pack_one(stream)
                content, name = content_digest(value) or address, type(value).__name__
                return Artifact(address, len(whole), content, True, name, None, whole)
        pickled = pickling.dump(value, subject=subject)
        parts = [pickled.stream, *pickled.buffers]
        offsets, size = container.layout([len(part) for part in parts])
        keep = self._keep_small if size <= THREADED else self._keep_large
        kept = keep(parts, offsets, size)
        if kept.identity is not None and self._syncing is not None:
            self._syncing.add(self.path(kept.address))
        known = content_digest(value, _by_memory(pickled.buffers, kept.digests[1:]))
        content, name = known or kept.address, _type_name(type(value))
        return Artifact(kept.address, size, content, known is not None, name, kept.identity, kept.inline)

    def load(self, artifact: Artifact) -> Loaded:
        """The value of an artifact; arrays can be written, and large ones share memory with other readers.

        Raises:
            DamagedArtifactError: The bytes are not those that were written; nothing was unpickled.
            ValueNotStoredError: There is no such file.
            StoreError: It cannot be read, or the code that the value needs is not there.
        """
        if artifact.inline is not None:
            plain = container.read_one(artifact.inline, artifact.address)
            if plain is not None:
                return Loaded(pickling.load(plain, (), subject=artifact.address), None)
        view, where, identity = self._open(artifact)
        parts = container.read_header(view, artifact.address, where)
        changed = identity is None or identity != artifact.identity
        stream = container.check_part(view, parts, 0, where)
        if changed:
            for number in range(1, len(parts)):
                container.check_part(view, parts, number, where)
        buffers = [view[part.offset : part.offset + part.size] for part in parts[1:]]
        return Loaded(pickling.load(stream, buffers, subject=where), identity if changed else None)

    def verify(self, artifact: Artifact) -> FileIdentity | None:
        """Check every byte; the identity of the file as it was found, None for an inline container."""
        view, where, identity = self._open(artifact)
        parts = container.read_header(view, artifact.address, where)
        for number in range(len(parts)):
            container.check_part(view, parts, number, where)
        return identity

    def hold(self, artifact: Artifact) -> Artifact | None:
        """Keep the file of an artifact, which another version is about to name, from being taken for waste.

        Returns:
            The artifact, with what its file looks like now; None where the file is gone.
        """
        if artifact.inline is not None:
            return artifact
        path = self.path(artifact.address)
        try:
            with locked(self.folder, exclusive=False):
                before = _identity_of(path.stat())
                os.utime(path)
                after = _identity_of(path.stat())
        except (FileNotFoundError, PermissionError):
            return None
        # One that somebody touched before is verified by the next load, as if nothing had happened.
        return artifact._replace(identity=after) if before == artifact.identity else artifact

    def remove(self, address: str, before: int) -> int | None:
        """Remove the file of an address unless it was touched since `before` (UTC microseconds).

        Returns:
            The bytes that are freed; None where there was no such file, or it was touched.
        """
        path = self.path(address)
        try:
            with locked(self.folder, exclusive=True):
                found = path.stat()
                if found.st_mtime_ns // 1000 >= before:
                    return None
                path.unlink()
                return found.st_size
        except FileNotFoundError:
            return None

    def files(self, chosen: Callable[[str], bool] = lambda _: True) -> Iterator[StoredFile]:
        """The files of artifacts, folder by folder; only those whose first two digits are `chosen`."""
        if not self.folder.is_dir():
            return
        for level in sorted(self.folder.iterdir()):
            if len(level.name) != 2 or not chosen(level.name) or not level.is_dir():
                continue
            for entry in os.scandir(level):
                with contextlib.suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if len(entry.name) == 64:
                        yield StoredFile(entry.name, found.st_size, found.st_mtime_ns // 1000)

    def leftovers(self) -> list[Path]:
        """The files of writers that died while they wrote."""
        return [path for path in self.folder.glob(f"{TEMPORARY}*") if not _has_writer(path)]

    def flush(self) -> None:
        """Wait until all that was written so far survives power loss; `normal` has nothing to wait for."""
        if self._syncing is not None:
            self._syncing.wait()

    def sweep(self) -> list[Path]:
        """Remove the files of writers that died while they wrote."""
        left = self.leftovers()
        for path in left:
            path.unlink(missing_ok=True)
        return left

    def _open(self, artifact: Artifact) -> tuple[memoryview, str, FileIdentity | None]:
        """The bytes of a container, how to name them in an error, and whose they are."""
        if artifact.inline is not None:
            # A copy, because arrays beside the stream must be writable.
            return memoryview(bytearray(artifact.inline)), artifact.address, None
        path = self.path(artifact.address)
        try:
            with path.open("rb", buffering=0) as file:
                identity = _identity(file)
                if identity.size > MAPPED:
                    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
                    return memoryview(mapped), str(path), identity
                return memoryview(bytearray(file.read())), str(path), identity
        except FileNotFoundError as error:
            raise ValueNotStoredError(
                f"No value is stored under {path}",
                subject=str(path),
                found="no file",
                expected=f"a file of {artifact.size} bytes",
                next_step="restore the file from a backup, or materialize the asset again",
            ) from error
        except OSError as error:
            raise StoreError(
                f"Cannot read {path}",
                subject=str(path),
                found=error.strerror or str(error),
                expected="a readable file",
                next_step="make the file readable for this user",
            ) from error

    def _keep_small(self, parts: Sequence[memoryview], offsets: Sequence[int], size: int) -> _Kept:
        """Hash first: where the value is there already, nothing is written."""
        digests = [container.digest(part) for part in parts]
        head = container.header(offsets, parts, digests)
        address = blake3(head).hexdigest()
        if size <= self._inline:
            return _Kept(address, digests, None, container.pack(head, offsets, parts))
        identity = self._verified(address)
        if identity is None:
            with self._temporary(size) as file:
                _write(file, [head, *parts], [0, *offsets])
                identity = self._publish(file, address)
        return _Kept(address, digests, identity)

    def _keep_large(self, parts: Sequence[memoryview], offsets: Sequence[int], size: int) -> _Kept:
        """Hash meanwhile: the address is known when all is written, and the header comes last."""
        with self._temporary(size) as file:
            digests: list[bytes] = []
            hashing = threading.Thread(  # beside the writing: both release the interpreter lock
                target=lambda: digests.extend(map(container.digest, parts)), name="tidemill-hash", daemon=True
            )
            hashing.start()
            try:
                _write(file, parts, offsets)
            finally:
                hashing.join()
            head = container.header(offsets, parts, digests)
            _write(file, [head], [0])
            address = blake3(head).hexdigest()
            return _Kept(address, digests, self._verified(address) or self._publish(file, address))

    def _verified(self, address: str) -> FileIdentity | None:
        """The identity of the file that has this address, if there is one and it is whole; it stays for now."""
        artifact = Artifact(address, 0, address, False, "")
        try:
            held = self.hold(artifact._replace(identity=self.verify(artifact)))
        except StoreError:  # absent, damaged or unreadable: it is replaced
            return None
        return held.identity if held is not None else None

    @contextlib.contextmanager
    def _temporary(self, size: int) -> Iterator[FileIO]:
        """A file of a name that no reader looks at; it is gone afterwards unless it was published."""
        path = self.folder / f"{TEMPORARY}{os.getpid()}-{threading.get_ident()}-{next(_numbers)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("xb", buffering=0) as file:
                _claim(file)
                if size > THREADED and hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)  # finds a full disk before the writing
                yield file
        except OSError as error:
            _refuse(error, self.folder, size)
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def _publish(self, file: FileIO, address: str) -> FileIdentity:
        path = self.path(address)
        path.parent.mkdir(exist_ok=True)
        with locked(self.folder, exclusive=False):  # not while an older one of that name is removed
            Path(str(file.name)).replace(path)
        return _identity(file)  # after the rename, which changes the ctime


class BackgroundSync:
    """Syncs files and their folders in threads, so that no step waits for the disk."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._failed: list[OSError] = []
        self._waiting = threading.Lock()

    def add(self, path: Path) -> None:
        """Sync a file that was renamed to its final name."""
        thread = threading.Thread(target=self._run, args=(path,), name="tidemill-sync", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, path: Path) -> None:
        try:
            for each in (path, *(path.parents[:3] if sys.platform != "win32" else ())):
                _sync(each)
        except OSError as error:
            self._failed.append(error)

    def wait(self) -> None:
        """Wait for all that was added; StoreError where one could not be synced."""
        with self._waiting:
            while self._threads:
                self._threads.pop().join()
            failed, self._failed = self._failed, []
        if failed:
            path = str(failed[0].filename)
            raise StoreError(
                f"Cannot make {path} safe against power loss",
                subject=path,
                found=failed[0].strerror or str(failed[0]),
                expected="a disk that can be synced",
                next_step="check the disk, then materialize again",
            ) from failed[0]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        os.close(descriptor)


def _write(file: FileIO, parts: Sequence[bytes | memoryview], offsets: Sequence[int]) -> None:
    for part, offset in zip(parts, offsets, strict=True):
        file.seek(offset)
        view = memoryview(part)
        while view:  # a write ends early at 2 GiB, and where the disk is full
            view = view[file.write(view) :]


def _identity(file: FileIO) -> FileIdentity:
    return _identity_of(os.fstat(file.fileno()))


def _identity_of(status: os.stat_result) -> FileIdentity:
    return FileIdentity(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _refuse(error: OSError, folder: Path, size: int) -> NoReturn:
    """Say what the disk said, with the sizes."""
    import shutil  # noqa: PLC0415  (only when something went wrong)

    nearest = next(level for level in (folder, *folder.parents) if level.exists())
    free = shutil.disk_usage(nearest).free
    raise StoreError(
        f"Cannot write {size:,} bytes to {folder}",
        subject=str(folder),
        found=f"{error.strerror or error}; {free:,} bytes are free",
        expected=f"{size:,} bytes of free space in a folder that this user may write",
        next_step="free some space, raise the file size limit, or make the folder writable; then run again",
    ) from error


def _claim(file: FileIO) -> None:
    """Lock a temporary file while its writer lives: seen from other containers too, which pids are not."""
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415  (not on Windows)

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _has_writer(path: Path) -> bool:
    try:
        if is_running(int(path.name.removeprefix(TEMPORARY).partition("-")[0])):
            return True
    except ValueError:
        return True
    try:
        with path.open("rb", buffering=0) as file:
            _claim(file)
    except OSError:
        return True
    return False


def _by_memory(buffers: Sequence[memoryview], digests: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Digests by where in memory their bytes are, so that the content digest need not read them again."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return {}
    addresses = [numpy.frombuffer(buffer, "u1").__array_interface__["data"][0] for buffer in buffers]
    return {
        (address, buffer.nbytes): digest
        for address, buffer, digest in zip(addresses, buffers, digests, strict=True)
    }


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
