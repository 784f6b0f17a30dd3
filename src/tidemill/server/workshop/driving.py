"""One run, from the process that was forked for it to its end.

bench ─fork─▶ driver ─▶ prepared ─▶ nursery ─▶ run is recorded ─▶ its number is answered ─▶ … ─▶ the end
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tidemill.compat.forking import fork_crew
from tidemill.compat.instance import DagsterInstance
from tidemill.core.events import Event, RunCreated
from tidemill.core.masked_output import masked
from tidemill.execution.interrupts import interrupt
from tidemill.execution.launch import Prepared
from tidemill.execution.runs import execute
from tidemill.home.retention import Policy
from tidemill.home.upkeep import keep_up
from tidemill.server.models import Requested
from tidemill.server.workshop.launching import Stock
from tidemill.work.orders import LogLine, Progress
from tidemill.work.seeding import seed_all

OUTPUT = "driver.txt"
"""In the folder of a run's logs: what its driver printed, beside the logs of its steps."""


def drive(prepared: Prepared, stock: Stock, answer: Callable[[Requested], None]) -> None:
    """Run what was prepared; `answer` is called once it is recorded.

    Raises:
        TidemillError: There was no run; or it could not be driven to its end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    settings = stock.settings
    # Before the store is open: a server that is forked from here has no connection to it.
    crew = fork_crew(prepared, stock.loaded.imports, settings.grace)
    if crew is None and not stock.loaded.imports.seeds:
        # All drivers are forked from one process: the global generators of steps that run here must not be the same.
        seed_all(int.from_bytes(os.urandom(8), "big"))
    home = stock.open_home()
    try:
        instance = DagsterInstance(home)

        def hear(fact: Event | LogLine | Progress) -> None:
            if isinstance(fact, RunCreated):
                folder = home.log_folder(fact.run.id)
                if folder is not None:
                    _print_to(folder)
                answer(Requested(id=fact.run.id, number=home.store.run(fact.run.id).number))

        with masked(sys.stdout, sys.stderr):
            execute(
                prepared,
                home,
                instance=lambda: instance,
                listener=hear,
                shown=crew
                is None,  # steps in processes write to their logs; those that run here have no other place
                crew=crew,
                limits=settings.pools,
            )
            made = {output.spec.key.text for unit in prepared.units for output in unit.outputs}
            keep_up(home, Policy(settings.keep_logs, settings.keep_events), made)
    finally:
        home.close()


def _print_to(folder: Path) -> None:
    """From here on, what this process prints goes to a file of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)
