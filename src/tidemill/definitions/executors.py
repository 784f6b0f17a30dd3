"""Executors as users name them: in which processes the steps of a run are made.

in_process_executor, multiprocess_executor, multi_or_in_process_executor ──chosen_executor──▶ Executor choice
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from tidemill.core.errors import InvalidConfigError, InvalidDefinitionError
from tidemill.definitions.values import NOTHING_SAID, Value, fill

Kind = Literal["in_process", "multiprocess", "multi_or_in_process"]
IN_PROCESS: Final = "in_process"
MULTIPROCESS: Final = "multiprocess"
EITHER: Final = "multi_or_in_process"
PER_VALUE: Final = "applyLimitPerUniqueValue"
START_METHODS = {"spawn": "spawn", "forkserver": "fork"}


class ExecutorDefinition(Value):
    """An executor with its config.

    Attributes:
        name: Its name.
        kind: Which of the three it is.
        config: Its config, as given.
    """

    name: str
    kind: Kind
    config: Mapping[str, Any]

    def configured(
        self,
        config_or_config_fn: Any,
        name: str | None = None,
        config_schema: Any = None,
        description: Any = None,
    ) -> ExecutorDefinition:
        """The same executor with config.

        Args:
            config_or_config_fn: The config; a function of config is not taken.
            name: Another name for it.
            config_schema, description: Of a function of config; None.

        Raises:
            InvalidDefinitionError: It is no mapping.
            InvalidConfigError: It is no config of this executor.
        """
        if (
            not isinstance(config_or_config_fn, Mapping)
            or config_schema is not None
            or description is not None
        ):
            raise InvalidDefinitionError(
                f"{self.name}.configured takes the config itself",
                subject=self.name,
                found=repr(config_or_config_fn),
                expected="a mapping such as {'max_concurrent': 4}",
            )
        executor = ExecutorDefinition()
        fill(executor, name or self.name, self.kind, {**self.config, **config_or_config_fn})
        chosen_executor(executor)
        return executor


def _named(kind: Kind) -> ExecutorDefinition:
    executor = ExecutorDefinition()
    fill(executor, kind, kind, NOTHING_SAID)
    return executor


in_process_executor = _named("in_process")
multiprocess_executor = _named("multiprocess")
multi_or_in_process_executor = _named("multi_or_in_process")


def valid_executor(executor: object) -> ExecutorDefinition | None:
    """What was given as an executor.

    Raises:
        InvalidDefinitionError: It is none of ours.
    """
    if executor is None or isinstance(executor, ExecutorDefinition):
        return executor
    raise InvalidDefinitionError(
        f"{executor!r} is no executor",
        subject="executor",
        found=f"an object of type {type(executor).__name__}",
        expected="in_process_executor, multiprocess_executor or multi_or_in_process_executor",
    )


class TagLimit(NamedTuple):
    """At most `limit` steps with this tag at a time.

    Attributes:
        key: Of the tag.
        value: Of the tag; None any.
        limit: How many steps.
        each: Whether each value of the tag has a limit of its own.
    """

    key: str
    value: str | None
    limit: int
    each: bool = False

    def name_for(self, tags: Mapping[str, str]) -> str | None:
        """What a step with these tags counts under; None where the limit is not about it."""
        value = tags.get(self.key)
        if value is None or self.value not in (None, value):
            return None
        return f"{self.key}={value}" if self.each or self.value is not None else self.key


class ExecutorChoice(NamedTuple):
    """Where steps run.

    Attributes:
        in_process: In the process that drives the run.
        max_concurrent: How many at a time; None is as many as there are processors.
        method: How workers are started; None is the best for the machine and the code.
        limits: On steps with certain tags.
        retries: Whether steps that fail are tried again as their policies say.
        named: Whether somebody said so; otherwise it is what is best where nothing is said.
    """

    in_process: bool = False
    max_concurrent: int | None = None
    method: Literal["fork", "spawn"] | None = None
    limits: tuple[TagLimit, ...] = ()
    retries: bool = True
    named: bool = True


def chosen_executor(
    executor: ExecutorDefinition | None, given: Mapping[str, Any] | None = None
) -> ExecutorChoice:
    """What an executor and the `execution` part of run config say together.

    Raises:
        InvalidConfigError: There is config that the executor does not have.
    """
    executor = executor or multi_or_in_process_executor
    config, kind, named = dict(executor.config), executor.kind, True
    said = (given or {}).get("config", given or {})
    if kind == EITHER:
        # Its config names which of the two it is: {"multiprocess": {…}} or {"in_process": {…}}.
        both = {**config, **said}
        if len(both) > 1 or not set(both) <= {IN_PROCESS, MULTIPROCESS}:
            raise _unknown("execution", both, "{'multiprocess': {…}} or {'in_process': {…}}")
        kind = IN_PROCESS if IN_PROCESS in both else MULTIPROCESS
        named = bool(both)
        config, said = {}, both.get(kind) or {}
    config.update(said)
    if kind == IN_PROCESS:
        retries = _retries(config.pop("retries", None))
        if config:
            raise _unknown(IN_PROCESS, config, "{'retries': …} or nothing")
        return ExecutorChoice(in_process=True, retries=retries)
    return _processes(config)._replace(named=named)


def _processes(config: dict[str, Any]) -> ExecutorChoice:
    count = config.pop("max_concurrent", None)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
        raise _unknown("max_concurrent", count, "a whole number; 0 is as many as there are processors")
    start = config.pop("start_method", None) or {}
    if not isinstance(start, Mapping) or len(start) > 1 or not set(start) <= set(START_METHODS):
        raise _unknown("start_method", start, "{'spawn': {}} or {'forkserver': {}}")
    method = START_METHODS[next(iter(start))] if start else None
    given = config.pop("tag_concurrency_limits", None) or ()
    if not isinstance(given, (list, tuple)):
        raise _unknown("tag_concurrency_limits", given, "a list of {'key': TAG, 'limit': NUMBER, 'value': …}")
    limits = tuple(map(_tag_limit, given))
    retries = _retries(config.pop("retries", None))
    if config:
        known = "max_concurrent, start_method, tag_concurrency_limits, retries"
        raise _unknown(MULTIPROCESS, config, known)
    return ExecutorChoice(False, count or None, method, limits, retries)  # type: ignore[arg-type]


def _tag_limit(given: Any) -> TagLimit:
    expected = "{'key': TAG, 'limit': NUMBER from 1 up, 'value': VALUE or {'applyLimitPerUniqueValue': True}}"
    if not isinstance(given, Mapping) or not {"key", "limit"} <= set(given) <= {"key", "limit", "value"}:
        raise _unknown("tag_concurrency_limits", given, expected)
    key, limit, value = given["key"], given["limit"], given.get("value")
    each = isinstance(value, Mapping) and list(value.items()) == [(PER_VALUE, True)]
    if (
        not isinstance(key, str)
        or not isinstance(limit, int)
        or isinstance(limit, bool)
        or limit < 1
        or not (value is None or isinstance(value, str) or each)
    ):
        raise _unknown("tag_concurrency_limits", given, expected)
    return TagLimit(key, value if isinstance(value, str) else None, limit, each)


def _retries(given: Any) -> bool:
    if given is None:
        return True
    if not isinstance(given, Mapping) or list(given) not in (["enabled"], ["disabled"]):
        raise _unknown("retries", given, "{'enabled': {}} or {'disabled': {}}")
    return "enabled" in given


def _unknown(name: str, found: object, expected: str) -> InvalidConfigError:
    return InvalidConfigError(
        f"The executor has no such config: {name}",
        problems=((f"root:execution:config:{name}", f"found {found!r}"),),
        subject=name,
        found=repr(found),
        expected=expected,
    )
