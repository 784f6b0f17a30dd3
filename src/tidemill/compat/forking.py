"""Processes for the steps of a run, forked from one that has imported the user's code and run nothing of it."""

from __future__ import annotations

from tidemill.code.imports import Imports
from tidemill.compat.instance import FACE
from tidemill.execution.crews import Crew
from tidemill.execution.launch import Prepared
from tidemill.executors.child import Stock
from tidemill.executors.nursery import Nursery
from tidemill.executors.origin import Origin
from tidemill.executors.vitals import usable_cores


def fork_crew(prepared: Prepared, imports: Imports, grace: float) -> Crew | None:
    """Processes for a run's steps, forked from this one; None where the definitions say that steps run in process.

    Args:
        prepared: The run.
        imports: What the user's code did while it was imported: what has run threads cannot be forked.
        grace: Seconds between asking a step to end and killing it.
    """
    choice, code = prepared.executor, prepared.request.code
    if choice.in_process:
        return None
    method = choice.method or ("spawn" if imports.threads else "fork")
    nursery = Nursery.forked(Stock.of(prepared.project, imports), method)
    origin = Origin.here(code) if code is not None else None
    note = ""
    if method == "spawn" and not choice.method:
        note = (
            f"{', '.join(imports.threads)} started threads while it was imported, which a fork does not survive: "
            "each worker is a new interpreter that imports it again"
        )
    return Crew(nursery, choice.max_concurrent or usable_cores(), FACE, origin, grace, note)
