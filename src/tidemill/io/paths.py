"""I/O managers that keep one file (or folder) for each asset and partition, on a local disk or a remote store.

    <base_path>/<key parts>[/<partition>]<extension>       an asset
    <base_path>/<run>/<step>/<output><extension>           an output of no asset

A user says how one value is written to a path and read from one; where it lies, partitions, what is missing and
what is loaded at once are decided here. A path is a `pathlib.Path`, or a `UPath` (universal-pathlib, over fsspec)
for an address such as `s3://bucket/folder`: no more is asked of it than both have.
"""

from __future__ import annotations

import inspect
import shutil
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, ClassVar, TypeVar

from tidemill.core.errors import InvariantViolationError
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.config.env import EnvVar, read_env
from tidemill.io.contexts import InputContext, OutputContext, ValueContext
from tidemill.io.extras import library
from tidemill.io.managers import IOManager, no_dict, pickled_value, safe_part

T = TypeVar("T")

ALLOW_MISSING = "allow_missing_partitions"


class UPathIOManager(IOManager):
    """Base of I/O managers that say only how a value is written to a path and read from one.

    Either method may be `async`: then the partitions of one input are loaded at the same time. An input of
    several partitions is a dict by partition key; where metadata of the input says
    `allow_missing_partitions`, those that are not there are left out.

    Args:
        base_path: Folder of all files: a path, an address that fsspec knows, or an `EnvVar` of either. By default
            `storage` in the folder of the store.

    Example:
        >>> class Text(UPathIOManager):
        ...     extension = ".txt"
        ...     def dump_to_path(self, context, obj, path):
        ...         path.write_text(obj)
        ...     def load_from_path(self, context, path):
        ...         return path.read_text()
    """

    extension: ClassVar[str | None] = None
    """Ends the name of each file, with its dot."""

    _base_path: Any = None

    def __init__(self, base_path: Any = None) -> None:
        self._base_path = base_path

    # For users to write

    @abstractmethod
    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> Any:
        """Write `obj` to `path`, whose folder exists."""

    @abstractmethod
    def load_from_path(self, context: InputContext, path: Any) -> Any:
        """Read the value at `path`.

        Raises:
            FileNotFoundError: There is none.
        """

    # For users to override

    def get_metadata(self, context: OutputContext, obj: Any) -> Mapping[str, Any]:
        """What else to say of a value that was written; its path is said already."""
        del context, obj
        return {}

    def get_asset_relative_path(self, context: ValueContext) -> Any:
        """Where an asset lies below the base path, without its partition and extension."""
        return PurePosixPath(*map(safe_part, context.asset_key.parts))

    def get_op_output_relative_path(self, context: ValueContext) -> Any:
        """Where an output of no asset lies below the base path, without its extension."""
        return PurePosixPath(*map(safe_part, context.get_identifier()))

    def get_path_for_partition(self, context: ValueContext, path: Any, partition: str) -> Any:
        """Where a partition lies, without its extension.

        Args:
            context: Of the value.
            path: Of the asset.
            partition: Its key; of two dimensions, the keys of both joined by a slash.
        """
        del context
        return path.joinpath(*map(safe_part, partition.split("/")))

    def load_partitions(self, context: InputContext) -> dict[str, Any]:
        """The values of all partitions that are meant, by key."""
        paths = self._get_paths_for_partitions(context)
        if inspect.iscoroutinefunction(self.load_from_path):
            return finished(self.load_partitions_async(context))
        found = {}
        for key, path in paths.items():
            if self._is_there(context, key, path):
                found[key] = self.load_from_path(context, path)
        return found

    async def load_partitions_async(self, context: InputContext) -> dict[str, Any]:
        """The same where `load_from_path` is async: all at once."""
        import asyncio  # noqa: PLC0415  (0.05 s that only async managers pay)

        paths = self._get_paths_for_partitions(context)
        there = {key: path for key, path in paths.items() if self._is_there(context, key, path)}
        values = await asyncio.gather(*(self.load_from_path(context, path) for path in there.values()))
        return dict(zip(there, values, strict=True))

    def make_directory(self, path: Any) -> None:
        """Make a folder, and those above it."""
        path.mkdir(parents=True, exist_ok=True)

    def unlink(self, path: Any) -> None:
        """Remove what is at a path, a folder with all that is in it."""
        if path.is_dir():
            if isinstance(path, Path):
                shutil.rmtree(path)
            else:
                path.rmdir(recursive=True)
        else:
            path.unlink()

    def path_exists(self, path: Any) -> bool:
        """Whether something is at a path."""
        return bool(path.exists())

    def has_output(self, context: OutputContext) -> bool:
        """Whether the value that `context` names is there."""
        return self.path_exists(self._get_path(context))

    @property
    def fs(self) -> Any:
        """The file system of the base path, as fsspec has it."""
        base = as_path(self._base_path)
        if isinstance(base, Path) and not hasattr(base, "fs"):
            return library("fsspec.implementations.local", "remote").LocalFileSystem()
        return base.fs

    @property
    def storage_options(self) -> Mapping[str, Any]:
        """What the file system of the base path was opened with."""
        return dict(getattr(as_path(self._base_path), "storage_options", {}))

    # For execution

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write a value; of several partitions, a dict with one value for each.

        Raises:
            InvariantViolationError: Several partitions are to be written, and `obj` is no dict of theirs.
        """
        if not context.has_asset_partitions:
            self._write(context, obj, self._get_path(context))
            return
        paths = self._get_paths_for_partitions(context)
        self._make_room(self._get_path(context, partitioned=False))
        if len(paths) == 1:
            (path,) = paths.values()
            self._write(context, obj, path)
            return
        if not isinstance(obj, Mapping) or obj.keys() != paths.keys():
            raise no_dict(context, list(paths), obj)
        for key, path in paths.items():
            self._write(context, obj[key], path)
        folder = self._get_path_without_extension(context)
        context.add_output_metadata({"path": MetadataValue.path(str(folder)), "partitions": len(paths)})

    def load_input(self, context: InputContext) -> Any:
        """Read a value; a dict by partition where several are meant; None where none is.

        Raises:
            FileNotFoundError: There is none.
        """
        if not context.has_asset_partitions:
            return self._load(context, self._get_path(context))
        paths = self._get_paths_for_partitions(context)
        if not paths:
            return None
        if len(paths) > 1:
            return self.load_partitions(context)
        ((key, path),) = paths.items()
        return self._load(context, path) if self._is_there(context, key, path) else None

    def _load(self, context: InputContext, path: Any) -> Any:
        loaded = self.load_from_path(context, path)
        return finished(loaded) if inspect.iscoroutine(loaded) else loaded

    def _write(self, context: OutputContext, obj: Any, path: Any) -> None:
        self.make_directory(path.parent)
        dumped = self.dump_to_path(context, obj, path)
        if inspect.iscoroutine(dumped):
            finished(dumped)
        context.add_output_metadata(
            {"path": MetadataValue.path(str(path)), **self.get_metadata(context, obj)}
        )

    def _is_there(self, context: InputContext, key: str, path: Any) -> bool:
        """Whether to load a partition: one that may be missing is looked for first."""
        if not context.definition_metadata.get(ALLOW_MISSING) or self.path_exists(path):
            return True
        name = context.asset_key.to_user_string()
        context.log.warning("Partition %r of %r is not there: no file at %s", key, name, path)
        return False

    def _make_room(self, path: Any) -> None:
        """Where the asset had no partitions before, its file stands where their folder has to be."""
        if (
            isinstance(path, Path) and path.is_file()
        ):  # buckets know no folders, and a look costs two requests
            path.unlink()

    # Paths

    def _base(self, context: ValueContext) -> Any:
        if self._base_path is not None:
            return as_path(self._base_path)
        if context.storage_folder is None:
            raise InvariantViolationError(
                f"{type(self).__name__} does not know where to keep files",
                subject="base_path",
                found="no base_path, and a context that was built without a store",
                expected="a folder",
                next_step=f"give it one: {type(self).__name__}(base_path=…)",
            )
        return context.storage_folder.absolute()

    def _get_path_without_extension(self, context: ValueContext) -> Any:
        below = self.get_asset_relative_path if context.has_asset_key else self.get_op_output_relative_path
        relative = below(context)
        text = relative.as_posix() if isinstance(relative, PurePath) else str(relative)
        return self._base(context).joinpath(text)

    def _with_extension(self, path: Any) -> Any:
        # Not with_suffix: `2024.5` is a name without one.
        return path.with_name(path.name + self.extension) if self.extension else path

    def _get_path(self, context: ValueContext, *, partitioned: bool = True) -> Any:
        """Of the value that is meant; several partitions have none."""
        if partitioned and context.has_asset_partitions:
            paths = self._get_paths_for_partitions(context)
            return paths[context.asset_partition_key]
        path = self._get_path_without_extension(context)
        return self._with_extension(path) if partitioned else path

    def _get_paths_for_partitions(self, context: ValueContext) -> dict[str, Any]:
        base = self._get_path_without_extension(context)
        return {
            key: self._with_extension(self.get_path_for_partition(context, base, _in_path(key)))
            for key in context.asset_partition_keys
        }


class PickleIOManager(UPathIOManager):
    """Pickles at paths, local or remote; as with `FilesystemIOManager`, whoever can write there can run code here."""

    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        """Write a pickle.

        Raises:
            UnpicklableValueError: pickle cannot write the value; a file that was there stays.
        """
        pickled = pickled_value(obj, "/".join(context.get_identifier()))
        with path.open("wb") as file:
            file.write(pickled)

    def load_from_path(self, context: InputContext, path: Any) -> Any:
        """Read a pickle."""
        import pickle  # noqa: PLC0415  (only where a value is read)

        del context
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301  (the user's own files; see the docstring of the class)


def as_path(given: Any, options: Mapping[str, Any] | None = None) -> Any:
    """A path object: of text with a protocol by universal-pathlib, of other text by pathlib.

    Args:
        given: Text, a variable, or a path object, which is given back.
        options: What fsspec opens the file system of an address with.

    Raises:
        InvalidConfigError: A variable is not set.
        ModuleNotFoundError: universal-pathlib is needed, and not installed: the extra `remote`.
    """
    if isinstance(given, EnvVar):
        given = read_env(given.env_var_name)
    if not isinstance(given, str):
        return given
    if "://" not in given:
        return Path(given).expanduser().absolute()
    return library("upath", "remote").UPath(given, **(options or {}))


def _in_path(key: str) -> str:
    """A key of two dimensions as two folders, in the order of the dimensions' names."""
    dimensions: Mapping[str, str] | None = getattr(key, "keys_by_dimension", None)
    return str(key) if dimensions is None else "/".join(dimensions[name] for name in sorted(dimensions))


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, also on a thread that has an event loop already, as that of a notebook."""
    import asyncio  # noqa: PLC0415  (0.05 s that only async managers pay)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (as above)
    from contextvars import copy_context  # noqa: PLC0415  (as above)

    run: Callable[..., T] = copy_context().run
    with ThreadPoolExecutor(1, "tidemill-async") as pool:
        return pool.submit(run, asyncio.run, coroutine).result()
