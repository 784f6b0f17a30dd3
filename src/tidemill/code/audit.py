"""What an import depends on besides source files: files that it opens, folders that it lists, variables that it reads.

    with audited() as audit: import …        audit.files, .asked, .folders, .variables, .doubts

Python tells of most by audit events (PEP 578). A hook cannot be taken away again, so that this is for short-lived
processes only: commands. Questions whether a file is there, and the environment, are noted by standing in the way.
What a library reads past Python (a data frame from a file, by C code) is not seen.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidemill.core.frames import OWN_CODE

STANDARD = str(Path(os.__file__).parent)
SYSTEM = ("/proc/", "/sys/", "/dev/")
INSTALLED = ("/site-packages/", "/dist-packages/")
COMPILED = (".pyc", ".so", ".pyd")
IMPORT_SYSTEM = "<frozen importlib"
METADATA = f"{STANDARD}/importlib/"
WRITING = os.O_WRONLY | os.O_RDWR

# The world answers differently tomorrow: whoever asks it while being imported is imported again each time.
DOUBTFUL = {
    "socket.connect": "it opened a connection",
    "socket.getaddrinfo": "it looked up an address",
    "socket.gethostbyname": "it looked up an address",
    "sqlite3.connect": "it opened a database",
    "subprocess.Popen": "it started a process",
    "os.system": "it started a process",
    "os.posix_spawn": "it started a process",
    "os.exec": "it started a process",
    "os.fork": "it started a process",
}


class Audit:
    """What was noted.

    Attributes:
        files: Absolute paths of files that were read, installed and standard ones left out.
        asked: Absolute paths of which it was asked whether they are there, or how large, likewise.
        folders: Absolute paths of folders that were listed, likewise.
        variables: Names in the environment that were read; None for all of them.
        environment: As it was before the import, which may have changed it.
        began: When the import began, nanoseconds since the epoch as files have them.
        doubts: Why the import cannot be foreseen, in words.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.began = time.time_ns()
        self.files: set[str] = set()
        self.asked: set[str] = set()
        self.folders: set[str] = set()
        self.variables: set[str] | None = set()
        self.doubts: set[str] = set()

    def opened(self, arguments: tuple[Any, ...]) -> None:
        """A file was opened."""
        path, mode, flags = arguments
        writes = (isinstance(mode, str) and mode[:1] in "wax") or (isinstance(flags, int) and flags & WRITING)
        if isinstance(path, (str, bytes, os.PathLike)) and not writes:
            name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  (for each file that an import opens)
            if not name.endswith(COMPILED) and not is_given(name):
                self.files.add(name)

    def looked_at(self, path: object) -> None:
        """Somebody asked what a path is."""
        if isinstance(path, (str, bytes, os.PathLike)):
            name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  (as above)
            if not is_given(name + "/"):
                self.asked.add(name)

    def listed(self, arguments: tuple[Any, ...]) -> None:
        """A folder was listed; by the import system that is no dependency of the user's."""
        if _is_import_system(sys._getframe(2).f_code.co_filename):
            return
        path = arguments[0]
        if path is None or isinstance(path, (str, bytes)):
            name = os.path.abspath(os.fsdecode(path or "."))  # noqa: PTH100  (as above)
            if not is_given(name + "/"):
                self.folders.add(name)

    def read(self, name: object) -> None:
        """A variable of the environment was read; without a name, all of them."""
        if not isinstance(name, (str, bytes)):
            self.variables = None
        elif self.variables is not None:
            self.variables.add(os.fsdecode(name))


def _is_import_system(path: str) -> bool:
    """Whether code looks for modules or distributions, which are accounted for as what they are."""
    return path.startswith((IMPORT_SYSTEM, METADATA)) or path.endswith(("/pkgutil.py", "/zipimport.py"))


def is_given(path: str) -> bool:
    """Whether a path belongs to the system, the interpreter or an installed package."""
    return path.startswith((*SYSTEM, STANDARD, OWN_CODE)) or any(part in path for part in INSTALLED)


_current: Audit | None = None
_installed = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _current is None:
        return
    if event == "open":
        _current.opened(arguments)
    elif event in ("os.listdir", "os.scandir"):
        _current.listed(arguments)
    elif event in DOUBTFUL:
        _current.doubts.add(DOUBTFUL[event])


class _Noting(os._Environ):  # type: ignore[type-arg]  # the only class that `os.environ` can become
    """The environment, while somebody notes who reads it."""

    def __getitem__(self, key: Any) -> Any:
        if _current is not None:
            _current.read(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        if _current is not None:
            _current.read(None)
        return super().__iter__()


@contextmanager
def audited() -> Iterator[Audit]:
    """Note what the imports in the block depend on."""
    global _current, _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    environments = [os.environ, *([os.environb] if os.supports_bytes_environ else [])]
    plain, stat = type(os.environ), os.stat
    audit = _current = Audit(dict(os.environ))

    def noting_stat(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if _current is not None:
            _current.looked_at(path)
        return stat(path, *arguments, **named)

    for environment in environments:
        environment.__class__ = _Noting
    os.stat = noting_stat  # `exists`, `is_file` and others come down to it
    try:
        yield audit
    finally:
        os.stat = stat
        for environment in environments:
            environment.__class__ = plain
        _current = None


def environment_text(variables: Mapping[str, str], names: set[str] | None) -> str:
    """What the variables of some names are, as one text to take a digest of; of all, but for a shell's own counters."""
    chosen = {name for name in variables if name not in VOLATILE} if names is None else names
    return "\n".join(
        f"{name}={variables[name]}" if name in variables else f"{name} is not set" for name in sorted(chosen)
    )


VOLATILE = frozenset({"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"})
