"""Stores for tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.core.errors import UnsupportedNameError

NO_TELEMETRY = {"enabled": False}
HOMES = ("TIDEMILL_HOME", "DAGSTER_HOME")


@contextmanager
def instance_for_test(
    overrides: Mapping[str, Any] | None = None, set_dagster_home: bool = True, temp_dir: str | None = None
) -> Iterator[DagsterInstance]:
    """A store in a folder of its own, removed afterwards.

    Args:
        overrides: Of settings: only `telemetry` may be switched off, which Tidemill does not have; other settings of
            a store are arguments and `TIDEMILL_*` variables.
        set_dagster_home: Whether `DagsterInstance.get()` gives this store while the block lasts; `DAGSTER_HOME`, which
            Tidemill itself does not read, names its folder then too, for programs that look there.
        temp_dir: Folder to use instead; it is left as it is afterwards.

    Raises:
        UnsupportedNameError: `overrides` wants something else.

    Example:
        >>> with instance_for_test() as instance:
        ...     instance.get_asset_keys()
        []
    """
    if any(name != "telemetry" or wish != NO_TELEMETRY for name, wish in (overrides or {}).items()):
        raise UnsupportedNameError(
            "instance_for_test(overrides=) has no meaning here",
            subject="overrides",
            found=repr(overrides),
            expected=f"no overrides, or {{'telemetry': {NO_TELEMETRY}}}",
            next_step="set TIDEMILL_* variables in the test",
        )
    with tempfile.TemporaryDirectory() as own:
        folder = temp_dir or own
        with (
            _environment(dict.fromkeys(HOMES, folder) if set_dagster_home else {}),
            DagsterInstance.local_temp(folder) as instance,
        ):
            yield instance


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
