"""What the page asks about the server itself: what it is, jobs, what the store takes, what is set."""

from __future__ import annotations

import shutil
from typing import cast

from tidemill.core.durations import duration_text
from tidemill.core.settings import FOREVER, SETTINGS, Settings
from tidemill.core.version import __version__
from tidemill.server.models import Disk, Job, Jobs, RunStatus, Server, Setting, StorePage
from tidemill.server.service import Service
from tidemill.storage import keeping, page_reads
from tidemill.storage.store import DATABASE_NAME

A_MOMENT = 0.05
"""Seconds that the page waits for what assets take, before that was worked out for all."""


def server(service: Service) -> Server:
    """What this server is."""
    return Server(
        version=__version__,
        store=str(service.folder),
        read_only=service.read_only,
        code=service.host.code,
        seq=service.feed.seq,
        now=service.clock.now(),
    )


def jobs(service: Service) -> Jobs:
    """Jobs and triggers of the code, with the last run of each job."""
    snapshot = service.view.snapshot
    if snapshot is None:
        return Jobs(jobs=[], triggers=[])
    last = page_reads.last_of_jobs(service.store, [job.name for job in snapshot.jobs])
    return Jobs(
        jobs=[_with_last(job, last.get(job.name)) for job in snapshot.jobs], triggers=list(snapshot.triggers)
    )


def _with_last(job: Job, last: tuple[int, str] | None) -> Job:
    if last is None:
        return job
    number, status = last
    return job.model_copy(update={"last_run": number, "last_status": cast("RunStatus", status)})


def store_page(service: Service, start: int, limit: int) -> StorePage:
    """What the store takes, the largest assets first, and what is set."""
    view, store = service.view, service.store
    used, ordered, taken = service.disk.ranked(view.heads, A_MOMENT)
    rules = keeping.rules(store)
    disk = [
        Disk(
            asset=asset,
            versions=view.head(asset).versions,
            stored=used[asset].stored,
            bytes=used[asset].bytes,
            rule=_rule(*rules.get(asset, (None, None))),
        )
        for asset in ordered[start : start + limit]
    ]
    runs, versions = page_reads.totals(store)
    return StorePage(
        folder=str(service.folder),
        database_bytes=_database_bytes(service),
        artifact_bytes=taken,
        log_bytes=service.disk.log_bytes,
        free_bytes=shutil.disk_usage(service.folder).free,
        runs=runs,
        events=service.disk.events,
        versions=versions,
        disk=disk,
        disk_next=start + limit if start + limit < len(ordered) else None,
        settings=settings_of(service.settings),
        measured=len(used) == len(view.heads),
    )


def _database_bytes(service: Service) -> int:
    """The database and what is written ahead of it."""
    files = [service.folder / f"{DATABASE_NAME}{suffix}" for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())


def _rule(keep: int | None, ttl: float | None) -> str | None:
    told = [f"keep={keep}"] if keep is not None else []
    told += [f"ttl={duration_text(ttl)}"] if ttl is not None else []
    return ", ".join(told) or None


def settings_of(settings: Settings) -> list[Setting]:
    """Settings in the order of their table; `source` says whether one is what it is by itself."""
    values = {
        "home": str(settings.home),
        "durability": settings.durability,
        "file": settings.file,
        "module": settings.module,
        "pools": ", ".join(f"{name}={limit}" for name, limit in settings.pools.items()) or None,
        "grace": f"{settings.grace:g}",
        "keep_logs": FOREVER if settings.keep_logs is None else duration_text(settings.keep_logs),
        "keep_events": FOREVER if settings.keep_events is None else duration_text(settings.keep_events),
    }
    return [
        Setting(
            name=setting.name,
            value=values[setting.name] or "",
            source="default" if values[setting.name] in (setting.default, None) else "set",
            help=setting.help,
        )
        for setting in SETTINGS
    ]
