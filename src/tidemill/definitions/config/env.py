"""Values that come from environment variables: named where things are defined, read where they are used.

    EnvVar("TOKEN"), or {"env": "TOKEN"} in run config ──env_name──▶ "TOKEN" ──read_env──▶ text, now a secret

What is recorded, printed or compared is the name. The value exists in the process that uses it, and there it
is masked in everything that user code writes. `config` and `resources` decide when to read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from tidemill.core.errors import InvalidConfigError, InvariantViolationError
from tidemill.core.secrets import register_secret


class EnvVar(str):
    """The name of an environment variable, to be given to a field of a resource or of config.

    Args:
        name: Of the variable.

    Example:
        >>> EnvVar("API_TOKEN")
        EnvVar('API_TOKEN')
    """

    __slots__ = ()

    @property
    def env_var_name(self) -> str:
        """Name of the variable."""
        return str.__str__(self)

    def get_value(self, default: str | None = None) -> str | None:
        """What the variable holds now, or `default` where it is not set."""
        return _read(self.env_var_name, default)

    @classmethod
    def int(cls, name: str) -> IntEnvVar:
        """For a field that is an integer."""
        return IntEnvVar(name)

    def __str__(self) -> str:
        # A name in place of a value, in the middle of an address or a password, is found much too late.
        raise InvariantViolationError(
            f"{self!r} was used as text before anything read the variable",
            subject=self.env_var_name,
            found="the name of an environment variable",
            expected="its value",
            next_step="give it to a field of a resource or of config, which a run reads; or .get_value()",
        )

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"EnvVar({self.env_var_name!r})"


class IntEnvVar(int):
    """The name of an environment variable that holds an integer. As a number it is nothing yet."""

    env_var_name: str

    def __new__(cls, name: str) -> IntEnvVar:
        self = super().__new__(cls, 0)
        self.env_var_name = name
        return self

    def get_value(self, default: int | None = None) -> int | None:
        """What the variable holds now, or `default` where it is not set.

        Raises:
            InvalidConfigError: It holds no integer.
        """
        text = _read(self.env_var_name, None)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise not_of_type(self.env_var_name, "Int") from None

    def __reduce__(self) -> tuple[type[IntEnvVar], tuple[str]]:
        return IntEnvVar, (self.env_var_name,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IntEnvVar) and other.env_var_name == self.env_var_name

    def __hash__(self) -> int:
        return hash((IntEnvVar, self.env_var_name))

    def __repr__(self) -> str:
        return f"EnvVar.int({self.env_var_name!r})"

    __str__ = __repr__


class EnvText(str):
    """What a variable held: a string that shows the variable's name wherever Python would show its `repr`."""

    env_var_name: str

    def __new__(cls, value: str, name: str) -> EnvText:
        self = super().__new__(cls, value)
        self.env_var_name = name
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str.__str__(self),)

    def __repr__(self) -> str:
        return f"EnvVar({self.env_var_name!r})"


def env_name(value: object) -> str | None:
    """The variable that `value` stands for: an `EnvVar`, or exactly `{"env": NAME}`; otherwise None."""
    if isinstance(value, (EnvVar, IntEnvVar)):
        return value.env_var_name
    if isinstance(value, Mapping) and len(value) == 1:
        name = value.get("env")
        return name if type(name) is str else None
    return None


def read_env(name: str) -> str:
    """What a variable holds."""
    value = _read(name, None)
    if value is None:
        raise InvalidConfigError(
            f'The config names the environment variable "{name}" which is not set',
            subject=name,
            found="no such variable in the environment of this process",
            expected=f'a value for "{name}"',
            next_step=f"set it where the run is started: export {name}=…",
        )
    return value


def not_of_type(name: str, expected: str) -> InvalidConfigError:
    """The error of a variable whose value cannot be what a field needs; the value is not said."""
    return InvalidConfigError(
        f'The environment variable "{name}" does not hold a value of type "{expected}"',
        subject=name,
        found="a value that cannot be read as one",
        expected=expected,
        next_step="correct the variable where the run is started",
    )


def _read(name: str, default: str | None) -> str | None:
    value = os.environ.get(name)
    if value is None:
        return default
    register_secret(value)
    return value
