"""What a run is given for its steps, resources and loggers, checked against what they take.

    RunConfig or dict, over the job's own ──resolve_run_config──▶ ResolvedConfig: plain, without secrets
    one step's part of it ──schemas.build_config──▶ an instance of its class, in the process that runs the step

All problems of a run config are found at once. A variable `{"env": NAME}` stays a name until `build_config`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from tidemill.core.errors import InvalidConfigError
from tidemill.definitions.config.config import in_force, plain
from tidemill.definitions.config.problems import Problem, config_error, missing_entry, unexpected_entry
from tidemill.definitions.config.schemas import class_of_schema, is_whole
from tidemill.definitions.config.validation import example, validate
from tidemill.definitions.graph_config import (
    INPUTS,
    OUTPUTS,
    input_problems,
    nested,
    path_of,
    presets,
    unnested,
)
from tidemill.definitions.port_config import Ports
from tidemill.definitions.resources.resource_set import is_managed, needed_keys
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import NOTHING_SAID, WHOLE

SECTIONS = ("ops", "resources", "loggers", "execution")


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
        self.loggers = dict(loggers or {})
        self.resources = dict(resources or {})
        self.ops = dict(ops or {})
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
    steps = reading.section(
        "ops", {unit.name: _target_of_unit(unit, resources) for unit in units}, known_steps
    )
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


# Run config


class _Target(NamedTuple):
    """Something that takes config: its class, and what it has already.

    Attributes:
        takes_any: Whether it takes any dict, where it has no class.
        takes_value: Whether it then takes one value too, which is no dict.
        required: Whether fields that are missing are a problem.
        completes: Whether its config is made where none is given. (A resource was made when it was defined.)
        whole: Whether its config is one value, no dict: inside, a dict with the one key `WHOLE`.
        ports: What the managers of its outputs and inputs take, beside its own config.
    """

    cls: type[BaseModel] | None
    preset: Mapping[str, Any] = {}
    takes_any: bool = False
    takes_value: bool = False
    required: bool = True
    completes: bool = False
    whole: bool = False
    ports: Ports | None = None


def _target_of_unit(unit: ComputeUnit, resources: Mapping[str, object]) -> _Target:
    ports = Ports(unit, resources)
    if unit.config_type is not None:
        cls = class_of_schema(unit.config_type, unit.name)
        return _Target(cls, completes=True, whole=is_whole(unit.config_type), ports=ports)
    takes_any = unit.context or unit.config_name is not None
    return _Target(None, takes_any=takes_any, takes_value=takes_any, completes=True, ports=ports)


def _target_of_resource(resource: Any, required: bool) -> _Target:
    if not is_managed(resource):
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
            config = self._config_of(entries.get(key), path, target) if key in entries else None
            needs = example(target.cls, target.preset) if target.cls is not None and target.required else {}
            wanting: dict[str, Any] = {}
            if config is None and needs:
                wanting["config"] = needs[WHOLE] if target.whole else needs
            elif config or target.completes:
                found[key] = config or {}, self._check(target, config or {}, path)
            if target.ports is not None:
                entry = entries.get(key)
                entry = entry if isinstance(entry, dict) else {}
                wanting |= target.ports.missing(entry)
                self.problems += target.ports.problems(entry, path)
            if wanting:
                missing[key] = wanting
        self._report_missing(name, entries, missing)
        return found

    def _config_of(self, entry: Any, path: str, target: _Target) -> dict[str, Any] | None:
        if not isinstance(entry, dict):
            self._refuse(path, entry)
            return None
        for name in entry:
            if name != "config" and not (target.ports is not None and name in (INPUTS, OUTPUTS)):
                hint = f'put it under "config": {{"config": {{{name!r}: …}}}}'
                self.problems.append((f"{path}:{name}", unexpected_entry(name, path, ["config"], hint)))
        config = entry.get("config")
        if config is None or target.whole or (target.takes_value and not isinstance(config, dict)):
            return None if config is None else {WHOLE: config}
        if not isinstance(config, dict):
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
                continue
            path = f"root:{name}:{path_of(key)}"
            given = entries[key]
            if isinstance(given, dict) and given.keys() <= {
                "config",
                INPUTS,
                OUTPUTS,
            }:  # others were refused already
                for part, needed in entry.items():
                    if given.get(part) is None:
                        self.problems.append((path, missing_entry(part, path, {part: needed})))

    def _refuse(self, path: str, value: object) -> None:
        message = f'Invalid value at path {path}. Value "{value}" of type "{type(value)}" is no dict.'
        self.problems.append((path, message))
