"""Any value to a pickle stream and the big buffers beside it, and back.

    dump: pickle 5 ─fails, or meets what only this process has─▶ cloudpickle ─fails─▶ UnpicklableValueError
                                                                                      (it names the part)

A stream holds no array of 1 KiB or more: those are buffers, so that a loader can map them and only the
stream, the part that can run code, has to be verified before each use. A class or function of `__main__`,
or of a module that another process could not import, travels by value, but gives way to the one of that
name where there is one: a value that a script made is then an instance of the class that the script itself
sees.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from tidemill.core.errors import StoreError, UnpicklableValueError

SMALLEST_BUFFER = 1024
PROTOCOL = 5
LONGEST_FOUND = 300
LONGEST_PATH = 12
LONGEST_STEP = 60


class Pickled(NamedTuple):
    """A value as bytes: the stream, and the buffers that it refers to in their order."""

    stream: memoryview
    buffers: list[memoryview]


class _NeedsValueError(Exception):
    """The value names something that another process could not import."""


def dump(value: object, *, subject: str) -> Pickled:
    """Pickle a value; the buffers are those of the value itself, not copies.

    Raises:
        UnpicklableValueError: Neither pickle nor cloudpickle can; `found` names the part that they cannot.
    """
    try:
        return _attempt(value, _Pickler)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (whatever the user's `__reduce__` raises)
        pass
    try:
        return _attempt(value, _by_value_pickler())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (as above; the message tells it)
        part, culprit, reason = _culprit(value, error)
        raise UnpicklableValueError(
            f"The value of {subject} cannot be stored: {part} cannot be pickled",
            subject=subject,
            found=_clip(f"{part}: {_describe(culprit)} ({type(reason).__name__}: {reason})", LONGEST_FOUND),
            expected="a value that pickle or cloudpickle can store",
            next_step=f"leave {part} out of the value (or drop it in `__getstate__`), "
            "or name an I/O manager that can store it with io_manager_key=",
        ) from None


def load(stream: memoryview | bytes, buffers: Iterable[memoryview], *, subject: str) -> Any:
    """Inverse of `dump`; the stream must have been verified. StoreError where its code is missing."""
    try:
        return pickle.loads(stream, buffers=buffers)  # noqa: S301  (verified by the caller)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{subject} needs the module {error.name!r}, which cannot be imported",
            subject=subject,
            found=str(error),
            expected=f"{error.name} installed, or importable from here",
            next_step=f"install {error.name}, or run where `import {error.name}` works",
        ) from error
    except MemoryError:
        raise
    except Exception as error:
        raise StoreError(
            f"{subject} is intact, but could not be unpickled",
            subject=subject,
            found=f"{type(error).__name__}: {error}",
            expected="the classes and functions that it was made with",
            next_step="restore the names that the message speaks of, or materialize the asset again",
        ) from error


class _Sink(NamedTuple):
    """What a pickler writes to and where it puts buffers."""

    file: io.BytesIO
    buffers: list[memoryview]

    def keep(self, buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer out of band; a true answer leaves it in the stream."""
        raw = buffer.raw()
        if raw.nbytes < SMALLEST_BUFFER:
            return True
        self.buffers.append(raw)
        return False


def _attempt(value: object, pickler: Callable[..., pickle.Pickler]) -> Pickled:
    sink = _Sink(io.BytesIO(), [])
    pickler(sink.file, protocol=PROTOCOL, buffer_callback=sink.keep).dump(value)
    return Pickled(memoryview(sink.file.getvalue()), sink.buffers)  # no copy: the stream gives its bytes away


class _Pickler(pickle.Pickler):
    """Pickle's own, which gives up as soon as it meets a name that another process could not import."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind.__name__ == "ndarray":
            return _reduce_array(value)
        if (kind is FunctionType or isinstance(value, type)) and not is_importable(value.__module__):
            raise _NeedsValueError
        return NotImplemented


def _reduce_array(value: Any) -> Any:
    """Layouts and dtypes that NumPy would copy into the stream, in a form that goes out of band."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        return NotImplemented
    if value.dtype.hasobject or value.nbytes < SMALLEST_BUFFER:
        return NotImplemented
    flags = value.flags
    if not (flags.c_contiguous or flags.f_contiguous):
        value = numpy.ascontiguousarray(value)
    if value.dtype.kind in "mM":  # dates refuse to give their buffer
        return numpy.ndarray.view, (value.view(numpy.int64), value.dtype)
    return value.__reduce_ex__(PROTOCOL)


@cache
def is_importable(module: str | None) -> bool:
    """Whether a process other than this one could import the module by its name, and get the same file."""
    if not isinstance(module, str) or module == "__main__":
        return False
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return True
    if top != module:
        return is_importable(top)
    own = getattr(sys.modules.get(top), "__spec__", None)
    for finder in sys.meta_path:
        spec = finder.find_spec(top, None)
        if spec is not None:
            return own is None or own.origin == spec.origin
    return False


@cache
def _by_value_pickler() -> Callable[..., pickle.Pickler]:
    import cloudpickle  # for values that need it

    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """cloudpickle's, for which importable means importable elsewhere."""

        def reducer_override(self, value: Any) -> Any:
            kind = type(value)
            if kind.__name__ == "ndarray":
                reduced = _reduce_array(value)
                if reduced is not NotImplemented:
                    return reduced
            if (kind is FunctionType or isinstance(value, type)) and _is_named_here(value):
                return named_or, (value.__module__, value.__qualname__, _embedded(value))
            return super().reducer_override(value)

    return ByValuePickler


def _is_named_here(value: Any) -> bool:
    """Whether it has a name of its own in a module that only this process has."""
    module = value.__module__
    if is_importable(module):
        return False
    return _look_up(module, value.__qualname__) is value


def _look_up(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


_registering = threading.Lock()  # cloudpickle's register is of the process


def _embedded(value: Any) -> bytes:
    import cloudpickle  # loaded

    module = sys.modules[value.__module__]
    if module.__name__ == "__main__" or module.__name__ in cloudpickle.list_registry_pickle_by_value():
        return bytes(cloudpickle.dumps(value, protocol=PROTOCOL))
    with _registering:
        cloudpickle.register_pickle_by_value(module)
        try:
            return bytes(cloudpickle.dumps(value, protocol=PROTOCOL))
        finally:
            cloudpickle.unregister_pickle_by_value(module)


def named_or(module: str, qualname: str, embedded: bytes) -> Any:
    """The class or function of that name where it is loaded, else the embedded copy (part of the format)."""
    found = _look_up(module, qualname)
    return pickle.loads(embedded) if found is None else found  # noqa: S301  (part of a verified stream)


def _culprit(value: object, error: Exception) -> tuple[str, object, Exception]:
    """The smallest part of a value that cannot be pickled, with the path to it and the reason."""
    path, seen = "value", {id(value)}
    with suppress(Exception):  # properties and `__repr__` of the user's may raise: then the path ends there
        while len(seen) <= LONGEST_PATH:
            for step, part in _parts(value):
                reason = None if id(part) in seen else _refusal(part)
                if reason is not None:
                    path, value, error = path + _clip(step, LONGEST_STEP), part, reason
                    seen.add(id(part))
                    break
            else:
                break
    return path, value, error


def _refusal(part: object) -> Exception | None:
    try:
        _attempt(part, _by_value_pickler())
    except Exception as error:  # noqa: BLE001  (whatever the user's `__reduce__` raises)
        return error
    return None


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    """What a value is made of, each with how to reach it."""
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
        yield from ((f" key {key!r}", key) for key in value)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from ((f".{name}", getattr(value, name)) for name in value._fields)
    elif isinstance(value, list | tuple):
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from ((f" item {part!r}", part) for part in value)
    if isinstance(value, FunctionType):
        cells: Sequence[Any] = value.__closure__ or ()
        yield from (
            (f"'s variable {name!r}", cell.cell_contents)
            for name, cell in zip(value.__code__.co_freevars, cells, strict=True)
        )
        yield from (
            (f"'s global {name!r}", value.__globals__[name])
            for name in value.__code__.co_names
            if name in value.__globals__
        )
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
    elif not isinstance(value, type):
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        named = {name: getattr(value, name) for name in slots if hasattr(value, name)}
        yield from ((f".{name}", part) for name, part in {**named, **getattr(value, "__dict__", {})}.items())


def _describe(value: object) -> str:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    called = getattr(value, "__qualname__", None)
    return f"{name} {called}" if called else name


def _clip(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
