"""Config: what a user writes as classes, and what a run is given for them.

    RunConfig or dict, over the job's own ──resolve_run_config──▶ ResolvedConfig: plain, without secrets
    one step's part of it ──schemas.build_config──▶ an instance of its class, in the process that runs the step

All problems of a run config are found at once. A variable `{"env": NAME}` stays a name until `build_config`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, ClassVar, Literal, NamedTuple, get_origin

from pydantic import BaseModel, ConfigDict, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, to_jsonable_python

from tidemill.core.errors import InvalidConfigError
from tidemill.definitions.deferral import FrozenModel
from tidemill.definitions.env import EnvText, EnvVar, IntEnvVar
from tidemill.definitions.graph_config import INPUTS, input_problems, nested, path_of, presets, unnested
from tidemill.definitions.resource_set import ManagedResource, needed_keys
from tidemill.definitions.schemas import WHOLE, class_of_schema, is_whole
from tidemill.definitions.unions import filled, flat, packed
from tidemill.definitions.unit import ComputeUnit
from tidemill.definitions.validation import (
    Problem,
    config_error,
    example,
    missing_entry,
    unexpected_entry,
    validate,
)
from tidemill.definitions.values import NOTHING_SAID

SECTIONS = ("ops", "resources", "loggers", "execution")


class Config(FrozenModel):
    """Base of the classes that describe config: fields with types, defaults and validators, as in pydantic.

    Instances are frozen; unknown fields are errors; defaults are validated; an enum is given by name or by
    value; a field may be given as `{"env": NAME}` or `EnvVar(NAME)`.

    Example:
        >>> class TrainConfig(Config):
        ...     depth: int = 3
        >>> TrainConfig(depth=9).depth
        9
    """

    __tidemill_config__: ClassVar[bool] = True


class PermissiveConfig(Config):
    """Config that takes fields it does not name; they are attributes too."""

    model_config = ConfigDict(extra="allow")


class RunConfig:
    """Config of a run.

    Args:
        ops: Step name → an instance of its config class, or `{"config": {…}}`.
        resources: Resource key → a resource, or `{"config": {…}}`.
        loggers: Config of loggers.
        execution: Config of the executor.

    Example:
        >>> RunConfig(ops={"model": {"config": {"depth": 3}}}).to_config_dict()["ops"]
        {'model': {'config': {'depth': 3}}}
    """

    def __init__(
        self,
        ops: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
        loggers: Mapping[str, Any] | None = None,
        execution: Mapping[str, Any] | None = None,
    ) -> None:
        self.ops = dict(ops or {})
        self.resources = dict(resources or {})
        self.loggers = dict(loggers or {})
        self.execution = dict(execution or {})

    def to_config_dict(self) -> dict[str, Any]:
        """As a dict of plain values with all four sections; a variable is `{"env": NAME}`.

        Raises:
            InvalidConfigError: A value cannot be recorded.
        """
        return {name: _section(name, part) for name, part in vars(self).items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunConfig) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it holds dicts

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in vars(self).items() if value]
        return f"RunConfig({', '.join(given)})"


class ResolvedConfig(NamedTuple):
    """Run config that was found good; all of it plain values that JSON can say, without any secret.

    Attributes:
        steps: Step → config in force: what was given, completed by defaults.
        resources: Resource key → what the run gives to it.
        execution, loggers: As given.
        given: The whole as it was given, over the job's own: what a run records.
    """

    steps: Mapping[str, dict[str, Any]]
    resources: Mapping[str, dict[str, Any]]
    execution: Mapping[str, Any]
    loggers: Mapping[str, Any]
    given: Mapping[str, Any]


def resolve_run_config(
    *,
    units: Iterable[ComputeUnit],
    resources: Mapping[str, object],
    raw: Mapping[str, Any] | RunConfig | None = None,
    job_config: Mapping[str, Any] | RunConfig | None = None,
    job_name: str = "",
    keys: Iterable[str] | None = None,
    known_steps: Collection[str] = (),
    loggers: Mapping[str, Any] = NOTHING_SAID,
) -> ResolvedConfig:
    """Check a run's config against what its steps and resources ask for; every problem is in the error.

    Each field of a step or resource is the run's (`raw`), else the job's. `keys` are the resources that the run
    needs, by default those that `units` name; config of `known_steps`, which the run leaves out, is ignored.
    Of `loggers` those are used that the config names.
    """
    units = list(units)
    given = _merged(_as_dict(job_config), _as_dict(raw))
    wanted = set(needed_keys(resources, _named_keys(units) if keys is None else keys))
    before = {"ops": presets(units)} if any(unit.preset for unit in units) else {}
    reading = _Reading(_merged(before, given))
    reading.check_root()
    steps = reading.section("ops", {unit.name: _target_of_unit(unit) for unit in units}, known_steps)
    targets = {key: _target_of_resource(each, key in wanted) for key, each in resources.items()}
    launched = reading.section("resources", targets)
    if any(unit.wires for unit in units):
        reading.problems += input_problems(units, given.get("ops", {}))
    named = given.get("loggers", {})
    heard = {
        key: _target_of_logger(each, isinstance(named, dict) and key in named)
        for key, each in loggers.items()
    }
    logging = reading.section("loggers", heard)
    if reading.problems:
        raise config_error(f"Error in config for job {job_name}".rstrip(), job_name, reading.problems)
    return ResolvedConfig(
        {name: in_force(instance, config) for name, (config, instance) in steps.items()},
        {key: config for key, (config, _) in launched.items()},
        given.get("execution", {}),
        {key: config for key, (config, _) in logging.items()},
        {**given, "ops": nested(given["ops"])} if isinstance(given.get("ops"), dict) else given,
    )


# Plain values


def plain(value: Any, path: str) -> Any:
    """`value` made of what JSON has; instances of config classes by their fields, variables by name."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, (EnvVar, IntEnvVar, EnvText)):
        return {"env": value.env_var_name}
    if isinstance(value, (SecretStr, SecretBytes)):
        raise _not_plain(path, "a secret", "config of a run is recorded", 'give its variable: {"env": NAME}')
    if isinstance(value, Mapping):
        return {plain(key, path): plain(inner, f"{path}:{key}") for key, inner in value.items()}
    if isinstance(value, BaseModel):
        fields = [*type(value).model_fields, *(value.model_extra or ())]
        held = {name: getattr(value, name) for name in fields}
        # A None that nobody gave may be of a type that has none: `x: int = None`.
        known = type(value).model_fields
        return {
            name: _plain_field(known.get(name), inner, f"{path}:{name}")
            for name, inner in held.items()
            if inner is not None or name in value.model_fields_set
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, f"{path}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, Enum):
        # By name; but where that is the value of another member, which would win, by value.
        others = [each.value for each in type(value) if each is not value]
        return plain(value.value, path) if value.name in others else value.name
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return plain(value.item(), path)
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError:
        found = f"an object of type {type(value).__name__}"
        raise _not_plain(
            path, found, "a value that JSON has", "give text or numbers, or use a resource"
        ) from None


def _plain_field(field: FieldInfo | None, value: Any, path: str) -> Any:
    if field is None:
        return plain(value, path)
    if isinstance(value, Enum) and get_origin(field.annotation) is Literal:  # which knows no names
        return plain(value.value, path)
    return packed(field, plain(value, path))


def _not_plain(path: str, found: str, expected: str, next_step: str) -> InvalidConfigError:
    message = f"The value at path {path} cannot be part of a run's config"
    return InvalidConfigError(
        message,
        problems=((path, message),),
        subject=path,
        found=found,
        expected=expected,
        next_step=next_step,
    )


def in_force(instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, completed by the defaults of the class, but for those that cannot be recorded."""
    if not isinstance(instance, BaseModel):
        return dict(given)
    config: dict[str, Any] = {}
    for name, field in type(instance).model_fields.items():
        key = field.alias if field.alias is not None and field.alias in given else name
        if key in given:
            completed = _completed(getattr(instance, name), _filled(field, given[key], name))
            config[key] = packed(field, completed)
            continue
        default = getattr(instance, name) if field.default_factory is not None else field.default
        try:
            default = plain(default, name)
        except InvalidConfigError:
            continue
        if default is not None:
            config[field.alias or name] = packed(field, default)
    return {**config, **{key: value for key, value in given.items() if key not in config}}


def _filled(field: FieldInfo, given: Any, name: str) -> Any:
    given = flat(field, given)
    if isinstance(field.default, BaseModel) and isinstance(given, Mapping):
        return {key: plain(value, f"{name}:{key}") for key, value in filled(field, given).items()}
    return given


def _completed(value: Any, given: Any) -> Any:
    if isinstance(value, BaseModel) and isinstance(given, Mapping):
        return in_force(value, given)
    if isinstance(value, (list, tuple)) and isinstance(given, list) and len(value) == len(given):
        return [_completed(item, raw) for item, raw in zip(value, given, strict=True)]
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return {key: _completed(value.get(key), raw) for key, raw in given.items()}
    return given


# Run config


class _Target(NamedTuple):
    """Something that takes config: its class, and what it has already.

    Attributes:
        takes_any: Whether it takes any dict, where it has no class.
        required: Whether fields that are missing are a problem.
        completes: Whether its config is made where none is given. (A resource was made when it was defined.)
        whole: Whether its config is one value, no dict: inside, a dict with the one key `WHOLE`.
    """

    cls: type[BaseModel] | None
    preset: Mapping[str, Any] = {}
    takes_any: bool = False
    required: bool = True
    completes: bool = False
    whole: bool = False


def _target_of_unit(unit: ComputeUnit) -> _Target:
    if unit.config_type is not None:
        cls = class_of_schema(unit.config_type, unit.name)
        return _Target(cls, completes=True, whole=is_whole(unit.config_type))
    return _Target(None, takes_any=unit.context or unit.config_name is not None, completes=True)


def _target_of_resource(resource: Any, required: bool) -> _Target:
    if not isinstance(resource, ManagedResource):
        return _Target(None)
    schema, preset = resource.launch_schema()
    if schema is None:
        return _Target(None, takes_any=True)
    return _Target(class_of_schema(schema), preset, required=required, whole=is_whole(schema))


def _target_of_logger(logger: Any, named: bool) -> _Target:
    schema, preset = logger.launch_schema()
    cls = None if schema is None else class_of_schema(schema)
    return _Target(cls, preset, takes_any=cls is None, required=False, completes=named)


def _named_keys(units: Iterable[ComputeUnit]) -> Iterator[str]:
    for unit in units:
        yield from unit.required_resources
        managers = [each.manager for each in (*unit.gives, *unit.inputs, *unit.wires)]
        yield from (key for key in managers if key is not None)


def _as_dict(raw: Any) -> dict[str, Any]:
    if raw is None:
        return {}
    if isinstance(raw, RunConfig):
        return _with_unnested_ops({name: part for name, part in raw.to_config_dict().items() if part})
    if not isinstance(raw, Mapping):
        message = f"Run config cannot be {raw!r}"
        raise InvalidConfigError(
            message,
            problems=(("root", message),),
            subject="root",
            found=f"an object of type {type(raw).__name__}",
            expected='RunConfig, or a dict such as {"ops": {STEP: {"config": {…}}}}',
        )
    return _with_unnested_ops({name: _section(name, value) for name, value in raw.items()})


def _with_unnested_ops(config: dict[str, Any]) -> dict[str, Any]:
    ops = config.get("ops")
    return {**config, "ops": unnested(ops)} if isinstance(ops, dict) else config


def _section(name: str, value: Any) -> Any:
    """A section of run config, plain; an instance of a config class or resource stands for its config."""
    if name in ("ops", "resources") and isinstance(value, Mapping):
        value = _entries(value)
    return plain(value, f"root:{name}")


def _entries(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Entries by name; an instance of a config class is the config, also that of an op within a graph."""
    found: dict[str, Any] = {}
    for key, each in entries.items():
        if isinstance(each, BaseModel):
            found[key] = {"config": each}
        elif isinstance(each, Mapping) and isinstance(each.get("ops"), Mapping):
            found[key] = {**each, "ops": _entries(each["ops"])}
        else:
            found[key] = each
    return found


def _merged(below: Any, above: Any, depth: int = 4) -> Any:
    """Section, step, `config`, field: what `above` says of a field replaces the field as a whole."""
    if depth == 0 or not isinstance(below, dict) or not isinstance(above, dict):
        return above
    both = {name: _merged(below[name], above[name], depth - 1) for name in below.keys() & above.keys()}
    return {**below, **above, **both}


class _Reading:
    """A run config being read; collects everything that is wrong with it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.problems: list[Problem] = []

    def check_root(self) -> None:
        """Only the four sections, each a dict."""
        for name, value in self._given.items():
            if name not in SECTIONS:
                hint = 'config of assets goes under "ops", by step name' if name == "assets" else None
                self.problems.append((f"root:{name}", unexpected_entry(name, "root", SECTIONS, hint)))
            elif not isinstance(value, dict):
                self._refuse(f"root:{name}", value)

    def section(
        self, name: str, targets: Mapping[str, _Target], others: Collection[str] = ()
    ) -> dict[str, tuple[dict[str, Any], Any]]:
        """Name → (given config, validated instance) of each target that has a config."""
        entries = self._given.get(name, {})
        if not isinstance(entries, dict):
            return {}
        root = f"root:{name}"
        for entry in entries:
            if entry not in targets and entry not in others:
                graph, dot, own = entry.rpartition(".")
                parent = f"{root}:{path_of(graph)}:ops" if dot else root
                known = [key[len(graph) + 1 :] for key in targets if key.startswith(f"{graph}.")]
                message = unexpected_entry(own, parent, known if dot else targets)
                self.problems.append((f"{parent}:{own}", message))
        found, missing = {}, {}
        for key, target in targets.items():
            path = f"{root}:{path_of(key)}"
            config = self._config_of(entries.get(key), path, target.whole) if key in entries else None
            needs = example(target.cls, target.preset) if target.cls is not None and target.required else {}
            if config is None and needs:
                missing[key] = {"config": needs[WHOLE] if target.whole else needs}
            elif config or target.completes:
                found[key] = config or {}, self._check(target, config or {}, path)
        self._report_missing(name, entries, missing)
        return found

    def _config_of(self, entry: Any, path: str, whole: bool) -> dict[str, Any] | None:
        if not isinstance(entry, dict):
            self._refuse(path, entry)
            return None
        for name in entry:
            if name not in ("config", INPUTS):
                hint = f'put it under "config": {{"config": {{{name!r}: …}}}}'
                self.problems.append((f"{path}:{name}", unexpected_entry(name, path, ["config"], hint)))
        config = entry.get("config")
        if whole:
            return None if config is None else {WHOLE: config}
        if config is not None and not isinstance(config, dict):
            self._refuse(f"{path}:config", config)
            return None
        return config

    def _check(self, target: _Target, config: dict[str, Any], path: str) -> Any:
        if target.cls is None:
            if config and not target.takes_any:
                self.problems.append((f"{path}:config", unexpected_entry("config", path, [])))
            return None
        instance, problems = validate(target.cls, {**target.preset, **config}, f"{path}:config")
        if target.whole:
            place, inner = f"{path}:config", f"{path}:config:{WHOLE}"
            problems = [(where.replace(inner, place), text.replace(inner, place)) for where, text in problems]
        self.problems += problems
        return instance

    def _report_missing(self, name: str, entries: Mapping[str, Any], missing: Mapping[str, Any]) -> None:
        if missing and name not in self._given:
            example = nested(missing) if name == "ops" else dict(missing)
            self.problems.append(("root", missing_entry(name, "root", {name: example})))
            return
        for key, entry in missing.items():
            if key not in entries:
                graph, dot, own = key.rpartition(".")
                parent = f"root:{name}:{path_of(graph)}:ops" if dot else f"root:{name}"
                self.problems.append((parent, missing_entry(own, parent, {own: entry})))
            elif entries[key] == {} or entries[key] == {"config": None}:  # any other was refused already
                path = f"root:{name}:{path_of(key)}"
                self.problems.append((path, missing_entry("config", path, entry)))

    def _refuse(self, path: str, value: object) -> None:
        message = f'Invalid value at path {path}. Value "{value}" of type "{type(value)}" is no dict.'
        self.problems.append((path, message))
