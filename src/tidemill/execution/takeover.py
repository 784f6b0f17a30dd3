"""How a run starts from what another driver, or another run, has left: its lease, its leftovers, its versions."""

from __future__ import annotations

from collections.abc import Sequence

from tidemill.core.errors import InvariantViolationError, LeaseLostError, ValueNotStoredError
from tidemill.core.events import Event, RunCreated, RunResumed
from tidemill.core.keys import VersionAddress
from tidemill.core.records import LiveRun, Run, RunState, Version, observed_version
from tidemill.execution.launch import Prepared
from tidemill.home import Home
from tidemill.home.leases import current_lease, is_here, kill_leftovers
from tidemill.planning.plan import Slice


def find_live(run_id: str, home: Home) -> LiveRun | None:
    """The run as its driver holds it, dead or not; None where it is over."""
    return next((run for run in home.store.live_runs() if run.id == run_id), None)


def check_over(state: RunState, home: Home) -> None:
    """Find out that nobody drives a run that is to run again.

    Raises:
        InvariantViolationError: Somebody does.
    """
    live = find_live(state.run.id, home)
    if live is None:
        return
    seconds = max(0, home.clock.now() - live.sign) / 1e6
    raise InvariantViolationError(
        f"Run {live.number} goes on",
        subject=f"run {live.number}",
        found=f"process {live.lease.pid} on {live.lease.host} drives it, last sign of life {seconds:.0f} s ago",
        expected="a run that is over, or whose process is gone",
        next_step=f"wait for its end, or end it: tidemill cancel {live.number}",
    )


def take_over(live: LiveRun, home: Home) -> tuple[Run, list[Event], int]:
    """Become the driver of a run whose driver is dead.

    The lease is won before anything of the dead driver is ended: of two that try, one must not kill what the other has
    started.

    Returns:
        The run; how it was made and that it was resumed; the fence of this driver.

    Raises:
        LeaseLostError: Somebody else was quicker.
    """
    run = home.store.run(live.id).run
    resumed = RunResumed(home.clock.now(), current_lease())
    try:
        home.append(live.id, [resumed], fence=live.fence)
    except (LeaseLostError, InvariantViolationError) as error:
        raise LeaseLostError(
            f"Run {live.number} was taken up by somebody else",
            subject=live.id,
            found=error.found,
            expected=f"a run that nobody drives since driver number {live.fence} died",
            next_step=f"nothing was run; see what becomes of it: tidemill runs {live.number}",
        ) from None
    if is_here(live.lease):
        kill_leftovers(home.folder / "logs" / live.id, live.id)
    return run, [RunCreated(run.created_at, run), resumed], live.fence + 1


def starting_slices(prepared: Prepared, home: Home) -> list[Slice]:
    """What the run needs the latest version of; nothing while nothing was ever made."""
    if home.ephemeral and home.is_empty:
        return []
    wanted = prepared.to_run.wanted() + _up_to_date(prepared)
    if prepared.request.refresh:
        wanted += prepared.to_run.made(prepared.project)
    return wanted


def _up_to_date(prepared: Prepared) -> list[Slice]:
    """What steps that are settled did not make either: an earlier run had, and they were found up to date."""
    return [
        (planned.asset, partition)
        for step in prepared.to_run.steps
        for planned in step.inputs
        if planned.step in prepared.settled
        for partition in planned.partitions
        if (planned.asset, partition) not in prepared.given
    ]


def starting_versions(prepared: Prepared, home: Home, slices: Sequence[Slice]) -> dict[Slice, Version]:
    """The versions for what the run does not make: those that it was given, else the latest of the store."""
    latest = home.store.latest_versions(slices, metadata=False) if slices else {}
    sources = [slice_ for slice_ in slices if slice_[0] not in prepared.project.producers]
    seen = home.store.observations(sources) if sources else {}
    for (asset, partition), (version, at) in seen.items():
        base = latest.get((asset, partition))
        latest[asset, partition] = observed_version(asset, partition, version, at, base)
    return {**latest, **prepared.given}


def check_given(prepared: Prepared, home: Home) -> None:
    """Find out whether all that the run was given can be loaded.

    Raises:
        ValueNotStoredError: An I/O manager of the user's keeps one, and has been given a newer value since.
    """
    kept_elsewhere = _external(prepared)
    latest = home.store.latest_versions(kept_elsewhere, metadata=False) if kept_elsewhere else {}
    for key, version in kept_elsewhere.items():
        newest = latest[key]
        if newest.data_version != version.data_version:
            address = VersionAddress(version.asset, version.partition, version.number)
            raise ValueNotStoredError(
                f"The value of {address} is gone",
                subject=str(address),
                found=f"version {newest.number} in its place: the I/O manager {_manager(version)!r} keeps one value",
                expected=f"what run {_number(home, version)} has made",
                next_step=f"make it again as well (--from {version.step}), or start anew: tidemill materialize",
            )


def _external(prepared: Prepared) -> dict[Slice, Version]:
    """Of the versions that were given, those whose values must be loaded from elsewhere."""
    read = {
        (planned.asset, partition)
        for step in prepared.to_run.steps
        for planned in step.inputs
        if planned.is_argument
        for partition in planned.partitions
    }
    given = prepared.given
    return {key: given[key] for key in read if key in given and given[key].external is not None}


def _manager(version: Version) -> str:
    return version.external.manager if version.external is not None else ""


def _number(home: Home, version: Version) -> int:
    return home.store.run(version.run_id).number
