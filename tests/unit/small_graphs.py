"""Projects built by hand, for tests of planning that need no decorators."""

from __future__ import annotations

from tidemill.core.keys import AssetKey
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import ComputeUnit, UnitInput, UnitOutput
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import resolve_selection


def build(*units: tuple[str, str, list[AssetSpec]], sources: str = "", checks: str = "") -> AssetGraph:
    made = [
        ComputeUnit(
            name,
            print,
            inputs=tuple(UnitInput(need, AssetKey.from_text(need)) for need in needs.split()),
            outputs=tuple(UnitOutput(spec.key.to_python_identifier(), spec) for spec in specs),
        )
        for name, needs, specs in units
    ]
    for text in checks.split():
        asset, name = text.split(":")
        spec = AssetCheckSpec(name, asset=AssetKey.from_text(asset))
        made.append(ComputeUnit(f"{asset}_{name}", print, "check", checks=(spec,)))
    return AssetGraph.build(
        Project(
            units={unit.name: unit for unit in made},
            producers={output.asset: unit.name for unit in made for output in unit.outputs},
            sources={AssetKey(source): AssetSpec(source, group_name="raw") for source in sources.split()},
            resources={},
            jobs={},
        )
    )


# source ─▶ raw ─▶ train, test (one step) ─▶ model ─▶ score;  test ─▶ score;  lone/one
GRAPH = build(
    ("raw", "source", [AssetSpec("raw", group_name="raw", tags={"tier": "1"}, owners=["team:data"])]),
    ("split", "raw", [AssetSpec("train"), AssetSpec("test")]),
    ("model", "train", [AssetSpec("model", kinds={"xgboost"}, tags={"nightly": ""})]),
    ("score", "model test", [AssetSpec("score", owners=["ann@example.com"])]),
    ("lone", "", [AssetSpec(["lone", "one"], group_name="side")]),
    sources="source",
    checks="raw:rows raw:nulls score:better",
)


def names(selection: object) -> str:
    return " ".join(sorted(key.to_user_string() for key in resolve_selection(selection, GRAPH).assets))


def checks(selection: object) -> str:
    return " ".join(sorted(key.to_user_string() for key in resolve_selection(selection, GRAPH).checks))
