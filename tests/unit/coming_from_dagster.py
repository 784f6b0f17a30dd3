"""Writes `docs/coming-from-dagster.md` from the table of names, and settles that: run this file.

Settling takes the mark `~` (served as soon as it is there) off names that the root serves by now, and lines with
that mark out of `promised_differences.txt` where nothing differs any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

import tidemill
from tidemill.compat import names
from tidemill.compat.names import PromisedName

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coming-from-dagster.md"
DIFFERENCES = Path(__file__).with_name("promised_differences.txt")
TABLES = ROOT / "src" / "tidemill" / "compat"
WIDTH = 120

HEAD = """\
# Coming from Dagster

Dagster is a trademark of its owner. Tidemill is a project of its own: it has no affiliation with that owner, is not
endorsed by it, and has none of its code. What it shares are the names that programs are written against, so that these
run here.

## Change the import line

```sh
sed -i 's/^from dagster import/from tidemill import/; s/^import dagster as dg/import tidemill as dg/' *.py
```

and `dagster_slack.X` becomes `tidemill.slack.X`: see [packages beside it](#packages-beside-it). Then
`tidemill validate` says what is left to change, and `tidemill materialize` runs it.

- Both vocabularies are spoken, that of 1.7 and that of 1.13: where a name or an argument changed in between,
  either works.
- What is not there is refused where it is used, with what to use instead; no argument is taken and ignored.
- Values, runs and versions are kept in `.tidemill/` beside the nearest `pyproject.toml`; there is no server
  to start and no home folder to set. `DagsterInstance.get()` opens the same store. `DAGSTER_HOME` is not read;
  within `instance_for_test` it names the folder of the store, for programs that do read it.
- What the store keeps has `path` in its metadata: the file of the value, in the format of the store, or the database,
  where small values lie. Load it through the instance or the definitions, not with `pickle`.
- A script that reports from a process of its own may go on importing `dagster_pipes`, where that is installed: the
  protocol is the same. `tidemill.pipes` needs no package beside Tidemill.
- Errors have plain names; `DagsterInvalidDefinitionError` is the same class as `InvalidDefinitionError`.
  Tests find them where they used to be: `from tidemill._core.errors import DagsterInvalidConfigError`,
  `from tidemill._check import CheckError` (any error of Tidemill's). Other modules inside give the public
  names, and no more.
- The command is `tidemill`: `dagster asset materialize --select X -f FILE` is
  `tidemill materialize --select X -f FILE`.

"""


def coming_from() -> str:
    """The page."""
    table = names.table()
    areas = dict.fromkeys(entry.area for entry in table.values())
    parts = [
        HEAD,
        "## Names\n\nWhat is served under its name is listed; behind other names stands what to use.\n",
    ]
    parts += [_area(area, [entry for entry in table.values() if entry.area == area]) for area in areas]
    return "\n".join([*parts, _packages()])


def _area(area: str, entries: list[PromisedName]) -> str:
    lines = [f"### {area}\n"]
    served = [entry for entry in entries if entry.mark == ""]
    if served:
        lines.append(_wrapped(f"`{entry.name}`" for entry in served))
    rows = [(entry, _instead(entry)) for entry in entries if entry.mark]
    if rows:
        lines.append(
            "| name | here |\n|---|---|\n" + "".join(f"| `{e.name}` | {text} |\n" for e, text in rows)
        )
    return "\n".join(lines)


def _instead(entry: PromisedName) -> str:
    text = entry.text.replace("|", "\\|")
    if entry.mark == "=":
        return f"the same as `{text}`"
    if entry.mark == "~":
        return f"not yet; {text}" if text else "not yet"
    return text


def _wrapped(words: Iterable[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) + 2 > WIDTH:
            lines.append("")
        lines[-1] += f"{word}, "
    lines[-1] = f"{lines[-1].removesuffix(', ')}"
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _packages() -> str:
    rows = []
    for entry in names.read("modules.txt").values():
        if entry.area.startswith("Packages"):
            package = entry.name if "without" in entry.area else f"dagster_{entry.name}"
            rows.append(
                f"| `{package}` | {_instead(entry) if entry.mark else f'`tidemill.{entry.name}`'} |\n"
            )
    return "## Packages beside it\n\n| package | here |\n|---|---|\n" + "".join(rows)


def settle(file: str, served: Iterable[str]) -> str:
    """The text of a table without the mark `~`, and what stands behind it, of names that are served."""
    text = (TABLES / file).read_text(encoding="utf-8")
    for name in served:
        text = re.sub(rf"^({name}(?: \d+)?) ~.*$", r"\1", text, flags=re.MULTILINE)
    return text


def modules() -> list[str]:
    """The packages beside it that are files here."""
    known = names.read("modules.txt")
    return [name for name in known if PathFinder.find_spec(f"tidemill.{name}", tidemill.__path__) is not None]


def settled_differences() -> str:
    """`promised_differences.txt` without the lines marked `~` that hide no difference any more."""
    import test_promised_signatures as promises  # it compares when it is loaded, which the page does not need

    found = {of for name, versions in promises.PROMISED.items() for of in promises.differs(name, versions)}
    found |= {of for name in promises.ATTRIBUTES for of in promises.lacks(name)}
    allowed = promises.on_purpose()
    used = {promises.reason(of, allowed) for of in found}
    lines = DIFFERENCES.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.endswith(" ~") or line.removesuffix(" ~") in used]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Settle the tables and the differences, then write the page."""
    for file, served in (("names.txt", tidemill.EXPORTS), ("modules.txt", modules())):
        (TABLES / file).write_text(settle(file, served), encoding="utf-8")
    names.read.cache_clear()
    PAGE.write_text(coming_from(), encoding="utf-8")
    DIFFERENCES.write_text(settled_differences(), encoding="utf-8")


if __name__ == "__main__":
    main()
