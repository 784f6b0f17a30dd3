"""Loading user code: from a reference to the definitions that it makes."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tidemill.code.audit import Audit, audited
from tidemill.code.imports import Imports, watched
from tidemill.core import errors
from tidemill.core.collecting import seldom_collected
from tidemill.core.errors import UserCodeLoadError
from tidemill.core.frames import OWN_CODE
from tidemill.core.records import CodeRef
from tidemill.definitions.definitions import Definitions, definitions_of_module


class Loaded(NamedTuple):
    """What a module defines, what it did while it was imported, and the module; `audit` where that was asked for."""

    definitions: Definitions
    imports: Imports
    module: ModuleType
    audit: Audit | None = None


def load_audited(code: CodeRef) -> Loaded:
    """The same as `load_definitions`, in a process that ends soon, with all that the import depended on."""
    with audited() as audit:
        loaded = load_definitions(code)
    return loaded._replace(audit=audit)


_loading_for: list[CodeRef] = []


@contextmanager
def without_runs(code: CodeRef) -> Iterator[None]:
    """In the block, code is imported for a process that runs steps: a run that it starts would start others."""
    _loading_for.append(code)
    try:
        yield
    finally:
        _loading_for.pop()


def refuse_run() -> None:
    """To be asked before a run starts.

    Raises:
        UserCodeLoadError: The code that starts it is just being imported for a process that runs steps.
    """
    for code in _loading_for:
        raise UserCodeLoadError(
            f"{code.target} starts a run while it is imported",
            subject=code.target,
            found="a call such as execute_job or materialize at the top of the module",
            expected="definitions only: each process that runs steps imports the module",
            next_step='put the call under the guard: if __name__ == "__main__":',
        )


def load_definitions(code: CodeRef) -> Loaded:
    """Import user code and gather what it defines.

    A file is imported under the name of its stem, with its folder first on the module path, as Python runs a
    script; the guard `if __name__ == "__main__"` holds.

    Args:
        code: `file:PATH`, `main:PATH` or `module:NAME`.

    Returns:
        The module's one `Definitions`, or the sum of its assets, checks and jobs; and what was seen.

    Raises:
        UserCodeLoadError: It cannot be imported; `user_traceback` has the user's frames.
        InvalidDefinitionError: It has two `Definitions`, or they do not go together.
    """
    try:
        with watched(Path(code.target).stem) as watch, seldom_collected():
            module = _import_module(code.target) if code.kind == "module" else _import_file(Path(code.target))
    except UserCodeLoadError:
        raise
    except (Exception, SystemExit) as error:
        raise UserCodeLoadError(
            f"{code.target} could not be imported",
            user_traceback=format_user_error(error),
            subject=code.target,
            found="".join(traceback.format_exception_only(error)).strip(),
            expected="a module that imports",
            next_step="mend what the traceback names",
        ) from error
    return Loaded(definitions_of_module(module), watch.seen(), module)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UserCodeLoadError(
            f"There is no file {path}",
            subject=str(path),
            found="a folder" if path.is_dir() else "nothing",
            expected="a Python file",
            next_step="name the file with your assets: -f FILE",
        )
    path = path.resolve()
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = path.stem
    loaded = sys.modules.get(name)
    if loaded is not None:
        if getattr(loaded, "__file__", None) == str(path):
            return loaded
        # Another module has the name; values that are pickled by reference keep working here.
        name = f"{name}_{zlib.crc32(str(path).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserCodeLoadError(
            f"{path} is no Python file",
            subject=str(path),
            found=path.suffix or "no suffix",
            expected="a file *.py",
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise
        raise UserCodeLoadError(
            f"There is no module {name!r}",
            subject=name,
            found=f"no module {error.name!r} in {folder} or among the installed packages",
            expected="a module that can be imported from here",
            next_step="run from the folder that holds it, or install it",
        ) from error


def format_user_error(error: BaseException) -> str:
    """The traceback of an error without the frames of Tidemill and of the import machinery."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    _leave_out_own_frames(told)
    return "".join(told.format()).replace(f"\n{errors.__name__}.", "\n")


def _leave_out_own_frames(told: traceback.TracebackException | None) -> None:
    while told is not None:
        frames = [f for f in told.stack if not f.filename.startswith((OWN_CODE, "<frozen importlib"))]
        told.stack = traceback.StackSummary.from_list(frames)
        for inner in getattr(told, "exceptions", None) or ():
            _leave_out_own_frames(inner)
        _leave_out_own_frames(told.__cause__)
        told = told.__context__
