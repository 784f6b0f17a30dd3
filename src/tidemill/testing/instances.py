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


@contextmanager
def instance_for_test(
    overrides: Mapping[str, Any] | None = None, set_dagster_home: bool = True, temp_dir: str | None = None
) -> Iterator[DagsterInstance]:
    """A store in a folder of its own, removed afterwards.

    Args:
        overrides: Of settings: only `telemetry` may be switched off, which Tidemill does not have; other settings of
            a store are arguments and `TIDEMILL_*` variables.
        set_dagster_home: Whether `DagsterInstance.get()` gives this store while the block lasts.
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
        before = os.environ.get("TIDEMILL_HOME")
        if set_dagster_home:
            os.environ["TIDEMILL_HOME"] = folder
        try:
            with DagsterInstance.local_temp(folder) as instance:
                yield instance
        finally:
            if set_dagster_home:
                if before is None:
                    os.environ.pop("TIDEMILL_HOME", None)
                else:
                    os.environ["TIDEMILL_HOME"] = before
