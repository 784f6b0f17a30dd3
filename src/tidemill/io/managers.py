"""I/O managers: where values go and come from, when the user says so.

    value ──handle_output(OutputContext)──▶ anywhere ──load_input(InputContext)──▶ value

Without one, the store keeps values itself, verified and by version. A value that an I/O manager wrote is
*external*: what stands at its place now is the latest, and older versions are recorded but cannot be loaded.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tidemill.core.errors import (
    InvalidDefinitionError,
    InvariantViolationError,
    StoreError,
    UnpicklableValueError,
    ValueNotStoredError,
)
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.config.env import EnvVar, read_env
from tidemill.definitions.resources.functions import ResourceDefinition, is_function
from tidemill.definitions.resources.resource_set import InitResourceContext, ManagedResource
from tidemill.io.contexts import InputContext, OutputContext, ValueContext

C = TypeVar("C", bound=ValueContext)
BASE_DIR_SCHEMA: Mapping[str, Any] = {"base_dir": str | None}

_UNSAFE = frozenset("/\\%\0")


class InputManager(ABC):
    """Loads values."""

    @abstractmethod
    def load_input(self, context: InputContext) -> Any:
        """The value that `context` names."""


class IOManager(InputManager):
    """Stores values and loads them again; the base of the user's own.

    Example:
        >>> class Discard(IOManager):
        ...     def handle_output(self, context, obj):
        ...         context.add_output_metadata({"size": len(obj)})
        ...     def load_input(self, context):
        ...         return None
    """

    @abstractmethod
    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store `obj`."""


class _PortManager(ResourceDefinition):
    """What the definitions of I/O managers and input managers have in common.

    Args:
        resource_fn, config_schema, shared: As for `ResourceDefinition`.
        input_config_schema, output_config_schema: Of the config of each single input or output; see `io_manager`.
    """

    def __init__(
        self,
        resource_fn: Callable[..., Any],
        config_schema: Any = None,
        *shared: Any,
        input_config_schema: Any = None,
        output_config_schema: Any = None,
        **named: Any,
    ) -> None:
        super().__init__(resource_fn, config_schema, *shared, **named)
        self.input_config_schema = input_config_schema
        self.output_config_schema = output_config_schema


class IOManagerDefinition(_PortManager):
    """An I/O manager that a function makes; arguments as for `ResourceDefinition`, and the schemas of `io_manager`."""

    @classmethod
    def hardcoded_io_manager(cls, value: IOManager, description: str | None = None) -> IOManagerDefinition:
        """A definition whose I/O manager is `value`."""
        return cls(lambda: value, description=description)

    def _finish(self, made: Any, context: InitResourceContext) -> Any:
        for method in ("handle_output", "load_input"):
            if not hasattr(made, method):
                raise InvalidDefinitionError(
                    f"{self!r} made something that is no I/O manager",
                    subject=getattr(self.resource_fn, "__name__", "io_manager"),
                    found=f"an object of type {type(made).__name__}, without {method}",
                    expected="an IOManager",
                )
        schemas = self.input_config_schema, self.output_config_schema
        given = (
            self.required_resource_keys
            or context.resource_config
            or any(each is not None for each in schemas)
        )
        return BoundIOManager(made, context, *schemas) if given else made


class ConfiguredManager(InputManager):
    """A manager to which a run may give config for a single output or input: `{}` in its context is none yet."""


class BoundIOManager(IOManager, ConfiguredManager):
    """An I/O manager whose contexts show the config and the resources that its definition asked for."""

    def __init__(
        self, manager: Any, context: InitResourceContext, input_schema: Any = None, output_schema: Any = None
    ) -> None:
        self.manager = manager
        self._context = context
        self._input_schema = input_schema
        self._output_schema = output_schema

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store `obj`."""
        _configure(context, self._output_schema)
        self.manager.handle_output(_bound(context, self._context), obj)

    def load_input(self, context: InputContext) -> Any:
        """The value that `context` names."""
        _configure(context, self._input_schema)
        if context.upstream_output is not None:
            _configure(context.upstream_output, self._output_schema)
        return self.manager.load_input(_bound(context, self._context))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.manager, name)


def _bound(context: C, own: InitResourceContext) -> C:
    context.resources, context.resource_config = own.resources, own.resource_config
    return context


def _configure(context: ValueContext, schema: Any) -> None:
    """Complete the config of one output or input, as the schema has it, and read its variables."""
    if (
        schema is None or context.config is None
    ):  # as where it loads for an input that names no manager of its own
        return
    from tidemill.definitions.config.schemas import build_port_config  # noqa: PLC0415  (loads pydantic)

    step, name = context.step_key.partition("[")[0].replace(".", ":ops:"), context.name
    side = "inputs" if isinstance(context, InputContext) else "outputs"
    context.config = build_port_config(schema, context.config, f"root:ops:{step}:{side}:{name}")


class InputManagerDefinition(_PortManager):
    """A function that loads values; arguments as for `io_manager`, but it takes an `InputContext`."""

    def _call(self, context: InitResourceContext) -> FunctionInputManager:
        return FunctionInputManager(
            self.resource_fn, context, self.input_config_schema, takes_context=self._takes_context
        )


class FunctionInputManager(ConfiguredManager):
    """Loads by a function."""

    def __init__(
        self, load: Callable[..., Any], context: InitResourceContext, schema: Any, *, takes_context: bool
    ) -> None:
        self._load = load
        self._context = context
        self._schema = schema
        self._takes_context = takes_context

    def load_input(self, context: InputContext) -> Any:
        """What the function returns."""
        _configure(context, self._schema)
        return self._load(_bound(context, self._context)) if self._takes_context else self._load()


def io_manager(
    config_schema: Any = None,
    description: str | None = None,
    output_config_schema: Any = None,
    input_config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make an I/O manager of a function that returns one; usable bare or with arguments.

    Args:
        config_schema, description, required_resource_keys, version: As for `ResourceDefinition`.
        output_config_schema: Of what a run says of each output that it stores, `ops: {STEP: {outputs: {NAME: …}}}`:
            `context.config`.
        input_config_schema: The same of inputs that name it (`input_manager_key`): `ops: {STEP: {inputs: {NAME: …}}}`.

    Example:
        >>> class Printing(IOManager):
        ...     def handle_output(self, context, obj):
        ...         print(f"{obj} under {context.config['path']}")
        ...     def load_input(self, context):
        ...         return None
        >>> @io_manager(output_config_schema={"path": str})
        ... def printing():
        ...     return Printing()
        >>> @asset
        ... def rows():
        ...     return 3
        >>> config = {"ops": {"rows": {"outputs": {"result": {"path": "a/b"}}}}}
        >>> materialize([rows], resources={"io_manager": printing}, run_config=config).success
        3 under a/b
        True
    """
    schemas = {"input_config_schema": input_config_schema, "output_config_schema": output_config_schema}
    more = description, required_resource_keys, version
    return _decorator(IOManagerDefinition, config_schema, *more, **schemas)


def input_manager(
    config_schema: Any = None,
    description: str | None = None,
    input_config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make an input manager of a function that takes an `InputContext` and returns the value.

    Args:
        config_schema, description, required_resource_keys, version: As for `ResourceDefinition`.
        input_config_schema: Of what a run says of each input that names it: `context.config`; see `io_manager`.
    """
    more = description, required_resource_keys, version
    schemas = {"input_config_schema": input_config_schema}
    return _decorator(InputManagerDefinition, config_schema, *more, **schemas)


def _decorator(cls: type[ResourceDefinition], config_schema: Any, *rest: Any, **schemas: Any) -> Any:
    if is_function(config_schema):
        return cls(config_schema)
    return lambda fn: cls(fn, config_schema, *rest, **schemas)


def _load_slices(context: InputContext, load: Callable[[str | None], Any]) -> Any:
    """One value; or, where several partitions are meant, a dict of them by key."""
    if not context.has_asset_partitions:
        return load(None)
    keys = context.asset_partition_keys
    return load(keys[0]) if len(keys) == 1 else {key: load(key) for key in keys}


def _parts(context: OutputContext, obj: Any) -> list[tuple[str | None, Any]]:
    """What is stored for which partition: of several, the values come as a dict by key; None is none of each."""
    keys = context.asset_partition_keys if context.has_asset_partitions and context.has_asset_key else []
    if len(keys) < 2:
        return [(None, obj)]
    if obj is not None and (not isinstance(obj, Mapping) or obj.keys() != set(keys)):
        raise no_dict(context, keys, obj)
    return [(key, None if obj is None else obj[key]) for key in keys]


def _identifier(context: Any, partition: str | None) -> tuple[str, ...]:
    if partition is None or not context.has_asset_key:
        return tuple(context.get_identifier())
    return (*context.asset_key.parts, partition)


class InMemoryIOManager(IOManager):
    """Keeps the very objects, for as long as it lives itself.

    Attributes:
        values: Identifier (parts of the key, and the partition) → value.
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], Any] = {}

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Keep `obj`."""
        for partition, value in _parts(context, obj):
            self.values[_identifier(context, partition)] = value

    def load_input(self, context: InputContext) -> Any:
        """The object that was kept; a dict by partition where several are meant.

        Raises:
            ValueNotStoredError: None was.
        """
        return _load_slices(context, lambda partition: self._load(_identifier(context, partition)))

    def _load(self, identifier: tuple[str, ...]) -> Any:
        if identifier not in self.values:
            known = ", ".join("/".join(each) for each in self.values)
            raise _nothing("/".join(identifier), f"in memory: {known or 'nothing'}")
        return self.values[identifier]


class FilesystemIOManager(IOManager, ManagedResource):
    """Pickles, one file for each asset and partition: `<base_dir>/<key parts>[/<partition>]`.

    A file is replaced as a whole: a reader sees the old value or the new one. No digest of it is recorded, so
    what stands there is unpickled unverified: whoever can write to `base_dir` can run code here. The store
    itself, which is used where no I/O manager is named, verifies.

    Args:
        base_dir: Folder of the files; an `EnvVar` too. By default `storage` in the folder of the store.
    """

    __tidemill_resource__ = (
        False  # as a resource it is ready: a run that gives it no config need not look for any
    )

    def __init__(self, base_dir: str | os.PathLike[str] | None = None) -> None:
        self.base_dir = base_dir

    @classmethod
    def configure_at_launch(cls, base_dir: str | os.PathLike[str] | None = None) -> FilesystemIOManager:
        """One whose folder a run may give: `resources: {KEY: {config: {base_dir: …}}}`. Any other takes one as well."""
        return cls(base_dir)

    def launch_schema(self) -> tuple[Any, Mapping[str, Any]]:
        """What a run may give it."""
        return BASE_DIR_SCHEMA, {}

    @contextmanager
    def opened(
        self, context: InitResourceContext, value_of: Callable[[object], object], path: str
    ) -> Iterator[FilesystemIOManager]:
        """Itself; or, where the run gives a folder, one for that."""
        del value_of
        given: Mapping[str, Any] = context.resource_config
        if given:
            from tidemill.definitions.config.schemas import build_config  # noqa: PLC0415  (loads pydantic)

            given = build_config(BASE_DIR_SCHEMA, given, path)
        yield type(self)(given["base_dir"]) if given.get("base_dir") is not None else self

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write a file, and its path as metadata.

        Raises:
            UnpicklableValueError: pickle cannot write the value; a file that was there stays.
            StoreError: The file cannot be written.
        """
        for partition, value in _parts(context, obj):
            path = self.path(context, partition)
            self._write(path, value, "/".join(_identifier(context, partition)))
        several = context.has_asset_partitions and len(context.asset_partition_keys) > 1
        context.add_output_metadata({"path": MetadataValue.path(str(path.parent if several else path))})

    def _write(self, path: Path, obj: Any, subject: str) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(obj):x}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._dump(temporary, obj, subject)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"The file {path} cannot be written",
                subject=str(path),
                found=f"{type(error).__name__}: {error.strerror or error}",
                expected="a folder that can be written to, and no folder or asset of another key in the way",
                next_step="make room, or give FilesystemIOManager another base_dir",
            ) from error

    def load_input(self, context: InputContext) -> Any:
        """Read the file; a dict by partition where several are meant.

        Raises:
            ValueNotStoredError: There is none.
        """
        return _load_slices(context, lambda partition: self._load(context, partition))

    def path(self, context: ValueContext, partition: str | None = None) -> Path:
        """Where the value is, as an absolute path."""
        return self._folder(context).joinpath(*map(safe_part, _identifier(context, partition)))

    def _folder(self, context: ValueContext) -> Path:
        if self.base_dir is None:
            if context.storage_folder is None:
                raise InvariantViolationError(
                    "FilesystemIOManager does not know where to keep files",
                    subject="base_dir",
                    found="no base_dir, and a context that was built without a store",
                    expected="a folder",
                    next_step="give it one: FilesystemIOManager(base_dir=…)",
                )
            return context.storage_folder.absolute()
        given = read_env(self.base_dir.env_var_name) if isinstance(self.base_dir, EnvVar) else self.base_dir
        if "://" in str(given):
            raise InvariantViolationError(
                "FilesystemIOManager keeps files on this machine",
                subject="base_dir",
                found=str(given),
                expected="a folder",
                next_step="for pickles in a bucket: tidemill.aws.s3.S3PickleIOManager; for tables:"
                " tidemill.parquet.ParquetIOManager; for anything else, a subclass of UPathIOManager",
            )
        return Path(given).expanduser().absolute()

    def _dump(self, path: Path, value: object, subject: str) -> None:
        import pickle  # noqa: PLC0415  (only where a value is written)

        with path.open("wb") as file:
            try:
                pickle.dump(value, file, protocol=5)
            except OSError:
                raise
            except Exception as error:
                raise _unpicklable(subject, error) from error

    def _load(self, context: InputContext, partition: str | None) -> Any:
        import pickle  # noqa: PLC0415  (only where a value is read)

        path = self.path(context, partition)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise _nothing("/".join(_identifier(context, partition)), f"no file at {path}") from None
        with file:
            return pickle.load(file)  # noqa: S301  (the user's own files; see the docstring of the class)

    def __repr__(self) -> str:
        return f"FilesystemIOManager(base_dir={self.base_dir!r})"


def pickled_value(value: object, subject: str) -> bytes:
    """A value as a pickle.

    Raises:
        UnpicklableValueError: pickle cannot write it.
    """
    import pickle  # noqa: PLC0415  (only where a value is written)

    try:
        return pickle.dumps(value, protocol=5)
    except Exception as error:
        raise _unpicklable(subject, error) from error


def _unpicklable(subject: str, error: Exception) -> UnpicklableValueError:
    return UnpicklableValueError(
        f"pickle cannot write the value of {subject!r}",
        subject=subject,
        found=f"{type(error).__name__}: {error}",
        expected="an object made of classes and functions that have a module-level name",
        next_step="leave the I/O manager out: the store keeps lambdas and local classes too",
    )


def safe_part(part: str) -> str:
    """A part as the name of a file: quoted where none may be named so, or where it would lead out of its folder."""
    if part not in ("", ".", "..") and _UNSAFE.isdisjoint(part):
        return part
    from urllib.parse import quote  # noqa: PLC0415  (rare)

    return quote(part, safe="").replace(".", "%2E") or "%"


def _nothing(name: str, found: str) -> ValueNotStoredError:
    return ValueNotStoredError(
        f"No value of {name!r} is stored",
        subject=name,
        found=found,
        expected=f"a value that was returned by the function of {name!r} through this I/O manager",
        next_step=f"materialize {name!r} first, or select it too",
    )


def _filesystem(context: InitResourceContext) -> IOManager:
    return FilesystemIOManager(context.resource_config.get("base_dir"))


def _memory() -> IOManager:
    return InMemoryIOManager()


fs_io_manager = IOManagerDefinition(_filesystem, BASE_DIR_SCHEMA, "Pickles in a folder.")
mem_io_manager = IOManagerDefinition(_memory, description="Objects in memory, for as long as a run.")


def no_dict(context: OutputContext, keys: list[str], found: Any) -> InvariantViolationError:
    """The error of one value for several partitions."""
    name = context.asset_key.to_user_string()
    shown = sorted(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
    return InvariantViolationError(
        f"The step makes {len(keys)} partitions of {name!r}, and its value does not say which is which",
        subject=name,
        found=f"{'a dict of' if isinstance(found, Mapping) else 'a'} {shown}",
        expected=f"a dict with the keys {', '.join(keys[:10])}{', …' if len(keys) > 10 else ''}",
        next_step="return {key: value for key in context.partition_keys}, or run one partition at a time:"
        " backfill_policy=BackfillPolicy.multi_run(1)",
    )
