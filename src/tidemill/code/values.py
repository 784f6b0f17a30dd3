"""Live values as text: plain ones as they are, the user's objects by class and state, functions by reference.

What a value refers to (functions and classes of the user's, modules of libraries) is gathered beside the text,
so that it can be followed. Nothing of the user's is called: attributes are read from where they are kept.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from tidemill.code.graph import LONGEST_TEXT
from tidemill.code.plain import BRANCHES, LEAVES, Text
from tidemill.code.project import Project, module_of
from tidemill.core.secrets import mask

SHORTEST_SECRET = 8
LOGGERS = frozenset(
    {
        "logging.Logger",
        "logging.LoggerAdapter",
        "loguru._logger.Logger",
        "structlog._base.BoundLoggerBase",
        "structlog._config.BoundLoggerLazyProxy",
    }
)
"""By name: their libraries need not be loaded."""

_SECRET = re.compile(
    r"\w*(?:secret|token(?![a-z])|passw|passphrase|credential|api_?key|private_?key)\w*'?\s*([:=]|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


class Described:
    """A value as text, with what it refers to.

    Attributes:
        text: The canonical text.
        definitions: Functions and classes of the user's.
        libraries: Modules that its other parts come from.
        unseen: What has no text: the names of the types, or what else there is to say.
        opaque: Whether something in it has no text.
    """

    def __init__(self, project: Project, value: object) -> None:
        self.project = project
        self.definitions: list[FunctionType | type] = []
        self.libraries: list[str] = []
        self.unseen: list[str] = []
        self.opaque: list[str] = []
        self._text = Text(project.root, self._other)
        try:
            self.text = self._text.of(value)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  (a library's object, or one of the user's, that cannot be read)
            self.text = f"<{_name_of(type(value))}>"
            self.opaque.append(f"{_name_of(type(value))}, {type(error).__name__}")

    def _other(self, value: Any) -> str:
        behind = callable_behind(self.project, value)
        kind = type(behind)
        if kind is FunctionType:
            return self._function(behind)
        if issubclass(kind, type):
            return self._class(behind)
        if issubclass(kind, ModuleType):
            return self._module(value)
        if kind is partial:
            parts = (behind.func, behind.args, behind.keywords)
            return self._text.once(behind, lambda text, _: f"partial({text.each(parts)})")
        if kind is MethodType:
            return f"<method {self._text.of(behind.__func__)} of {self._text.of(behind.__self__)}>"
        if kind in (property, staticmethod, classmethod):
            inner = (behind.fget, behind.fset, behind.fdel) if kind is property else (behind.__func__,)
            return f"{kind.__name__}({self._text.each(inner)})"
        return self._reference(behind) or self._instance(value)

    def _function(self, fn: FunctionType) -> str:
        name = f"{fn.__module__}.{fn.__qualname__}"
        if self.project.owns_function(fn):
            self.definitions.append(fn)
            return f"<function {readable(fn.__qualname__)}>"
        self.libraries.append(fn.__module__ or "")
        for cell in fn.__closure__ or ():  # a library's wrapper around something of the user's
            held = callable_behind(self.project, content_of(cell))
            if self.project.owns_definition(held):
                self.definitions.append(held)
        return f"<function {name}>"

    def _class(self, cls: type) -> str:
        if self.project.owns_class(cls):
            self.definitions.append(cls)
            return f"<class {readable(cls.__qualname__)}>"
        self.libraries.append(module_of(cls))
        return f"<class {_name_of(cls)}>"

    def _module(self, module: ModuleType) -> str:
        if self.project.owns_module(module):
            self.unseen.append(f"module {module.__name__} as a value")
        else:
            self.libraries.append(module.__name__)
        return f"<module {module.__name__}>"

    def _reference(self, value: Any) -> str:
        """A library's callable by the name that it is found under; nothing where there is none."""
        if not callable(value) or self.project.owns_class(type(value)):
            return ""
        owner = getattr(value, "__objclass__", None)
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        for module in (
            getattr(value, "__module__", None),
            getattr(owner, "__module__", None),
            module_of(type(value)),
        ):
            found: Any = sys.modules.get(module) if isinstance(module, str) else None
            for part in str(name).split("."):
                found = getattr(found, part, None)
            if found is value and found is not None:
                self._library_or_own(str(module), str(name))
                return f"<function {module}.{name}>"
        return ""

    def _library_or_own(self, module: str, name: str) -> None:
        owner = sys.modules.get(module)
        if owner is not None and self.project.owns_module(owner):
            self.unseen.append(f"C function {module}.{name}")
        else:
            self.libraries.append(module)

    def _instance(self, value: Any) -> str:
        kind = type(value)
        if issubclass(kind, Enum):
            return f"{self._kind(kind)}.{value._name_}={self._text.of(value._value_)}"
        base = next(
            (base for base in kind.__mro__ if base in LEAVES or base in BRANCHES or base is str), None
        )
        owned = self.project.owns_class(kind) or module_of(kind).partition(".")[0] == "tidemill"
        if base is not None:
            return self._text.once(
                value, lambda _, each: f"{self._kind(kind)}({self._as(base, each, owned)})"
            )
        if owned:
            return self._text.once(value, lambda _, each: f"{self._kind(kind)}({self._state(each)})")
        if module_of(kind) in ("typing", "types") and not _ADDRESS.search(repr(value)):
            return repr(value)
        self.libraries.append(module_of(kind))
        if is_logger(value):
            return (
                f"<{_name_of(kind)}>"  # whatever it is set to: it changes what is written, not what is made
            )
        self.opaque.append(_name_of(kind))
        return f"<{_name_of(kind)}>"

    def _kind(self, kind: type) -> str:
        if self.project.owns_class(kind):
            self.definitions.append(kind)
        else:
            self.libraries.append(module_of(kind))
        return kind.__qualname__

    def _as(self, base: type, value: Any, owned: bool) -> str:
        """What a subclass of a plain type holds, as that type."""
        if base is str:
            text = self._text.string(str.__str__(value))
        elif base in BRANCHES:
            text = BRANCHES[base](self._text, value)
        else:
            text = LEAVES[base](base(value) if base in (int, float, complex, bytes) else value)
        state = self._state(value) if owned else ""
        return f"{text}, {state}" if state else text

    def _state(self, value: Any) -> str:
        return ", ".join([f"{name}={self._text.of(held)}" for name, held in sorted(state_of(value))])


def state_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Attributes of an instance, read from where they are kept."""
    yield from instance_dict(value).items()
    for cls in type(value).__mro__:
        for name, member in vars(cls).items():
            if isinstance(member, MemberDescriptorType) and not name.startswith("__"):
                try:
                    yield name, member.__get__(value, cls)
                except AttributeError:
                    continue


def is_logger(value: Any) -> bool:
    """Whether a value only tells people what happens, so that no result is made of it."""
    return any(_name_of(base) in LOGGERS for base in type(value).__mro__)


def instance_dict(value: Any) -> dict[str, Any]:
    """The `__dict__` of a value; empty where it has none."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, dict) else {}


def callable_behind(project: Project, value: Any) -> Any:
    """The user's function or class that a decorated or declared thing stands for; else the thing itself."""
    for _ in range(100):
        inner = _inside(project, value)
        if inner is None:
            break
        value = inner
    return value


def _inside(project: Project, value: Any) -> Any:
    kind = type(value)
    if kind is FunctionType:
        return None if project.owns_function(value) else value.__dict__.get("__wrapped__")
    if issubclass(kind, type) or kind in LEAVES or kind in BRANCHES:
        return None
    if kind in (staticmethod, classmethod):
        return value.__func__
    if module_of(kind).startswith("tidemill."):
        return getattr(getattr(value, "unit", None), "fn", None)
    if project.owns_class(kind):
        return None
    held = instance_dict(value)
    inner = held.get("__wrapped__") or held.get("py_func")
    return inner if callable(inner) else None


def content_of(cell: Any) -> Any:
    """What a closure's variable holds; None while it holds nothing."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def functions_in(members: Iterable[Any], behind: Callable[[Any], Any]) -> Iterator[FunctionType]:
    """The functions among the members of a class."""
    for member in members:
        inner = (member.fget, member.fset, member.fdel) if type(member) is property else (member,)
        for each in inner:
            found = behind(each)
            if type(found) is FunctionType:
                yield found


def readable(qualname: str) -> str:
    """A qualified name as a person writes it."""
    return qualname.replace("<locals>.", "")


def shown(name: str, text: str) -> str:
    """What of a value's text may be shown and kept: a part of it, and nothing that looks like a secret.

    What stands in the environment counts as one: code that reads a variable while it is imported may not know better.
    """
    if _SECRET.search(name.partition("(")[2].rstrip(")") or name) or _SECRET.search(text):
        return ""
    if len(text) > SHORTEST_SECRET and any(
        len(value) >= SHORTEST_SECRET and value in text for value in os.environ.values()
    ):
        return ""
    text = mask(text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _name_of(cls: type) -> str:
    return cls.__qualname__ if module_of(cls) == "builtins" else f"{module_of(cls)}.{cls.__qualname__}"
