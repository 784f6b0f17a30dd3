"""Settings: one frozen value, built once by whoever opens the store, passed down.

Order: argument, then `TIDEMILL_*` in the environment, then `[tool.tidemill]` in `pyproject.toml` (or `tidemill.toml`),
then the default. The table `SETTINGS` is what the documentation and the command line list.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, cast

from tidemill.core.durations import seconds_of
from tidemill.core.errors import InvalidConfigError

FOLDER_NAME = ".tidemill"
FOREVER = "forever"
DAY = 86_400.0


class Setting(NamedTuple):
    """Name, default and meaning of a setting, and the values that it may have where they are few."""

    name: str
    default: str | None
    help: str
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("home", None, "Folder of the store; otherwise found as described under `store_folder`."),
    Setting("durability", "normal", "What a commit survives.", ("normal", "full")),
    Setting("file", None, "Python file with the definitions, for commands without -f or -m."),
    Setting("pools", None, "How much there is of what steps hold: `gpu=2, db=5`, or a table in a file."),
    Setting("grace", "5", "Seconds between asking a step to end and killing it."),
    Setting(
        "keep_logs", "30d", "How long the logs of a run are kept after its end: `30d`, `12h`, or `forever`."
    ),
    Setting(
        "keep_events", "90d", "How long the events of its steps are, but for failures and what was made."
    ),
    Setting("module", None, "Module with the definitions, for commands without -f or -m."),
)


class Settings(NamedTuple):
    """What a process was told, resolved.

    Attributes:
        home: Folder of the store.
        durability: `normal` survives kill -9 of anything, `full` survives power loss too.
        file: Python file with the definitions, or None.
        module: Module with the definitions, or None.
        pools: Limits of pools, by name; `memory` in bytes.
        grace: Seconds between asking a step to end and killing it.
        keep_logs: Seconds for which the logs of a run are kept after its end; None for ever.
        keep_events: Seconds for which the events of its steps are, but for failures and what was made; None for ever.
        project: Folder of the `pyproject.toml` or `tidemill.toml` that was read, or None.
    """

    home: Path
    durability: Literal["normal", "full"] = "normal"
    file: str | None = None
    module: str | None = None
    project: Path | None = None
    pools: Mapping[str, int] = {}
    grace: float = 5.0
    keep_logs: float | None = 30 * DAY
    keep_events: float | None = 90 * DAY


def load_settings(
    arguments: Mapping[str, str | None] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Resolve the settings of a command that is run in `folder`; of `arguments`, None values do not count.

    Raises:
        InvalidConfigError: A setting is unknown or has a value that it may not have, or a file is no TOML.
    """
    environment = os.environ if environment is None else environment
    folder = Path.cwd() if folder is None else folder
    project = _nearest(folder, "tidemill.toml", "pyproject.toml")
    from_file = _read_file(project) if project else {}
    values: dict[str, str | None] = {}
    for setting in SETTINGS:
        given = (
            (arguments or {}).get(setting.name)
            or environment.get(f"TIDEMILL_{setting.name.upper()}")
            or from_file.get(setting.name)
            or setting.default
        )
        if setting.choices and given not in setting.choices:
            raise InvalidConfigError(
                f"The setting {setting.name!r} cannot be {given!r}",
                subject=setting.name,
                found=repr(given),
                expected=" or ".join(map(repr, setting.choices)),
            )
        values[setting.name] = given
    home = values["home"]
    return Settings(
        home=folder / Path(home).expanduser()
        if home
        else store_folder(folder, project if from_file else None),
        durability=cast("Literal['normal', 'full']", values["durability"]),
        file=values["file"],
        module=values["module"],
        project=project,
        pools=_pools(values["pools"]),
        grace=_seconds("grace", values["grace"] or ""),
        keep_logs=_span("keep_logs", values["keep_logs"]),
        keep_events=_span("keep_events", values["keep_events"]),
    )


def _span(name: str, text: str | None) -> float | None:
    if text is None or text == FOREVER:
        return None
    seconds = seconds_of(text)
    if seconds is None:
        raise InvalidConfigError(
            f"The setting {name!r} cannot be {text!r}",
            subject=name,
            found=repr(text),
            expected=f"a span of time such as '30d', '12h', '90s', or {FOREVER!r}",
        )
    return seconds


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InvalidConfigError(
            f"The setting {name!r} cannot be {text!r}",
            subject=name,
            found=repr(text),
            expected="seconds, 0 or more, such as 5 or 0.5",
        )
    return seconds


def _pools(text: str | None) -> dict[str, int]:
    pools = {}
    for entry in filter(None, (part.strip() for part in (text or "").split(","))):
        name, _, limit = (part.strip() for part in entry.partition("="))
        if not name or not limit.isdecimal() or not int(limit):
            raise InvalidConfigError(
                f"The setting 'pools' cannot be read: {entry!r}",
                subject="pools",
                found=repr(text),
                expected="NAME=NUMBER, separated by commas, such as gpu=2, db=5",
            )
        pools[name] = int(limit)
    return pools


def store_folder(folder: Path, project: Path | None = None) -> Path:
    """The store that a command run in `folder` uses when no setting names one.

    The nearest `.tidemill/` upward, or where the `project`'s settings are, whichever is nearer; else one beside the
    nearest `pyproject.toml`; else one in `folder` itself. The search ends at the home folder.
    """
    level = _nearest(folder, FOLDER_NAME, kind=Path.is_dir)
    if project is not None and (level is None or level in project.parents):
        level = project  # what lies around a project is another's
    return (level or _nearest(folder, "pyproject.toml") or folder) / FOLDER_NAME


def _nearest(folder: Path, *names: str, kind: Callable[[Path], bool] = Path.is_file) -> Path | None:
    """The first folder upward, as far as the home folder, that holds one of the names."""
    folder = folder.absolute()
    levels = [folder, *folder.parents]
    home = Path.home()
    if home in levels:
        levels = levels[: levels.index(home) + 1]
    return next((level for level in levels if any(kind(level / name) for name in names)), None)


def _read_file(project: Path) -> dict[str, str]:
    import tomllib  # noqa: PLC0415  (only where there is a file to read)

    path = project / "tidemill.toml"
    own = path.is_file()
    if not own:
        path = project / "pyproject.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfigError(
            f"{path} is not valid TOML", subject=str(path), found=str(error), next_step="mend the file"
        ) from error
    table = data if own else data.get("tool", {}).get("tidemill", {})
    known = {setting.name for setting in SETTINGS}
    for name in table:
        if name not in known:
            raise InvalidConfigError(
                f"Unknown setting {name!r} in {path}",
                subject=name,
                found=name,
                expected=", ".join(sorted(known)),
                next_step="remove it, or correct its name",
            )
    values = {
        name: ",".join(f"{key}={limit}" for key, limit in value.items())
        if isinstance(value, dict)
        else str(value)
        for name, value in table.items()
    }
    # A path in a file is meant from where the file is, not from where the command is run.
    paths = {"home", "file"} & values.keys()
    return values | {name: str(project / Path(values[name]).expanduser()) for name in paths}
