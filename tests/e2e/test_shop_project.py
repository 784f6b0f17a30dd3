"""A project of forty assets that was written for another orchestrator runs with its import lines changed."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import environment, tidemill

PROJECT = Path(__file__).parent / "shop"
IMPORTS = {
    "import dagster as dg": "import tidemill as dg",
    "from dagster_duckdb_pandas": "from tidemill.duckdb_pandas",
}

# What the authors of the project run by hand. The figures below are those that it gave before its imports changed.
SESSION = """
import json, os, sys
from datetime import datetime, timezone
import tidemill as dg
from shop import checks, jobs
from shop.definitions import defs
from shop.partitions import daily

dg.Definitions.validate_loadable(defs)
instance = dg.DagsterInstance.local_temp(sys.argv[1])
everything = [*defs.assets, *dg.load_asset_checks_from_modules([checks])]
told = {}

def made(selection, **more):
    result = dg.materialize(
        everything, resources=dict(defs.resources), instance=instance, selection=selection, **more
    )
    assert result.success
    return result

told["assets"] = len(defs.resolve_asset_graph().get_all_asset_keys())
made(["stores", "products", "customers"], run_config={"ops": {"stores": {"config": {"count": 5}}}})
told["days"] = daily.get_partition_keys()
for day in told["days"]:
    made(["raw_orders", "clean_orders", "weather", "rain_yesterday"], partition_key=day)
cell = dg.MultiPartitionKey({"day": "2024-01-03", "region": "north"})
told["cell"] = made(["region_orders"], partition_key=cell).output_for_node("region_orders")
told["week"] = made(["weekly_revenue"], partition_key="2024-01-07").output_for_node("weekly_revenue")
for region in ("north", "south", "west"):
    made(["region_stores"], partition_key=region)
instance.add_dynamic_partitions("campaigns", ["spring", "fall"])
told["budget"] = made(["campaign_budget"], partition_key="fall").output_for_node("campaign_budget")
staged = dg.AssetSelection.groups("staging") & dg.AssetSelection.assets(
    "days", "orders_table", "revenue_by_product", "all_region_stores"
)
result = made(staged)
told["stores"] = result.output_for_node("all_region_stores")
told["products"] = result.output_for_node("order_tables", "revenue_by_product")
alpha = {"ops": {"model": {"config": {"alpha": 0.5}}}}
result = made(dg.AssetSelection.groups("features", "ml", "reports"), run_config=alpha)
told["score"] = round(result.output_for_node("score"), 3)
told["spread"] = round(result.output_for_node("store_spread"), 3)
told["top"] = result.output_for_node("top_product")
told["alert"] = bool(result.output_for_node("alert"))
told["checks"] = sorted([each.check_name, each.passed] for each in result.get_asset_check_evaluations())
told["report"] = result.asset_materializations_for_node("report")[0].metadata["text"].value
told["made"] = sorted(
    event.asset_key.to_user_string() for event in result.get_asset_materialization_events()
)
result = defs.get_job_def("train_job").execute_in_process(instance=instance)
told["job"] = [result.success, result.dagster_run.tags.get("team")]
at = dg.build_schedule_context(scheduled_execution_time=datetime(2024, 1, 14, tzinfo=timezone.utc))
told["schedule"] = jobs.weekly_training(at).run_key
told["sensor"] = [each.run_key for each in jobs.new_campaign(dg.build_sensor_context(instance=instance))]
told["partitions"] = len(instance.get_materialized_partitions(dg.AssetKey("clean_orders")))
told["requested"] = dg.evaluate_automation_conditions(defs=defs, instance=instance).total_requested
print(json.dumps(told))
"""

EXPECTED: dict[str, Any] = {
    "assets": 40,
    "days": [f"2024-01-{day:02}" for day in range(1, 15)],
    "cell": 62.0,
    "week": 954.0,
    "budget": 400,
    "stores": 5,
    "products": {"milk": 397.0, "rice": 415.0, "salt": 373.0, "soap": 422.5, "tea": 394.5},
    "score": 25.094,
    "spread": 0.0,
    "top": "soap",
    "alert": True,
    "checks": [["beats_baseline", False], ["finite", True], ["positive", True], ["small", True]],
    "report": "********: mae 25.1, baseline 23.0",  # ours: what an EnvVar holds is not written to the store
    "made": [
        "alert", "archive", "baseline", "champion", "chart_a", "chart_b", "customer_ages", "feature_table",
        "features/revenue_lag_1", "features/revenue_lag_2", "features/revenue_lag_3", "features/revenue_lag_7",
        "features/weekday", "forecast", "margins", "model", "report", "residuals", "score", "store_spread", "test",
        "top_product", "train",
    ],
    "job": [True, "ml"],
    "schedule": "2024-01-14",
    "sensor": ["campaign_0"],
    "partitions": 14,
    "requested": 0,
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with its import lines changed."""
    shutil.copytree(PROJECT, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (tmp_path / "shop").rglob("*.py"):
        before = path.read_text(encoding="utf-8")
        after = before
        for theirs, ours in IMPORTS.items():
            after = re.sub(rf"^{re.escape(theirs)}", ours, after, flags=re.MULTILINE)
        changed = [
            line[2:] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] == "- "
        ]
        assert all(line.startswith(("import ", "from ")) for line in changed)
        path.write_text(after, encoding="utf-8")
    return tmp_path


def test_it_gives_what_it_gave(project: Path) -> None:
    (project / "session.py").write_text(SESSION)
    done = subprocess.run(
        [sys.executable, "session.py", str(project / "store")],
        cwd=project,
        env=environment(project, SHOP_SENDER="shop@example.com"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == EXPECTED


def test_it_runs_from_the_command_line(project: Path) -> None:
    sender = {"SHOP_SENDER": "shop@example.com"}
    module = ("-m", "shop.definitions")
    assert tidemill(project, "validate", *module, **sender).code == 0
    done = tidemill(project, "materialize", *module, "--select", "stores", "--select", "products", **sender)
    assert done.code == 0, done.out + done.err
    days = ("--select", "raw_orders", "--select", "clean_orders", "--select", "weather")
    done = tidemill(
        project, "materialize", *module, *days, "--partition", "2024-01-01...2024-01-03", **sender
    )
    assert done.code == 0, done.out + done.err
    assert "clean_orders" in tidemill(project, "list", *module, **sender).out
