"""Whatever is asked, the server does not break: requests made from its own document, valid and not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from serving import served

from tidemill.core.events import Checked, Materialized, RunCreated, RunStarted, StepFailed, StepStarted
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import CheckResult, ErrorInfo, PlannedStep, Run, Version
from tidemill.server.app import bare_app, create_app
from tidemill.storage import Store

EXAMPLES = 12
A = AssetKey("a")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("store")
    with Store.open(folder) as store:
        planned = (PlannedStep("a", (A,)), PlannedStep("b", (AssetKey(["b", "c"]),), "2024-01-01"))
        store.append(
            "run", [RunCreated(1, Run("run", "job", 1, {"x": float("inf")}, steps=planned)), RunStarted(2)]
        )
        for number in range(1, 4):
            metadata = {"n": MetadataValue.float(float("nan")), "t": MetadataValue.md("#")}
            version = Version(f"v{number}", A, None, number, "d", "c", metadata=metadata)
            check = Checked(number, "a", 1, CheckResult(A, "good", number > 1, version_id=version.id))
            store.append("run", [StepStarted(number, "a"), Materialized(number, "a", 1, version), check])
        store.append("run", [StepFailed(9, "b", 1, ErrorInfo("ValueError: \ud800", ("x",)))])
    with served(create_app(folder)) as client:
        yield client


schema = schemathesis.openapi.from_dict(bare_app().openapi())


@schema.exclude(path="/api/events").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(case: Case, server: httpx.Client) -> None:
    answer = case.call(base_url=str(server.base_url).rstrip("/"))
    assert answer.status_code < 500, (answer.status_code, answer.text[:500])
    if answer.headers.get("content-type", [""])[0].startswith("text/plain"):
        assert "Invalid HTTP request" in answer.text  # no request at all, so that it reached no route
        return
    if case.method == "HEAD":
        return
    told = answer.json()
    assert answer.status_code < 400 or told["problem"], answer.text
