"""Hacker News stories as one table, from a place that is named: the live API, a recording, or a generator.

    live API  ──items──▶ ┐
    recording ──rows───▶ ├─ story_table ─▶ DataFrame with the API's columns (COLUMNS), oldest story first
    generator ──rows───▶ ┘

A `HackerNews` resource reads from the one place it was given. When that place cannot be read it raises
`StoriesUnavailable`; choosing another place is for whoever made the resource.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pandas as pd
import requests
from generated import generated_stories
from pydantic import Field, model_validator

from tidemill import ConfigurableResource

API = "https://hacker-news.firebaseio.com/v0"
COLUMNS = ["id", "title", "type", "by", "time", "url", "score", "descendants"]
RECORDED_COLUMNS = ["id", "title", "url", "num_points", "num_comments", "author", "created_at"]
CSV_VARIABLE = "TIDEMILL_HN_CSV"
SEED_VARIABLE = "TIDEMILL_HN_SEED"
USER_AGENT = "tidemill-example/1 (python-requests)"
WORTH_ANOTHER_TRY = {429, 500, 502, 503, 504}


class StoriesUnavailable(RuntimeError):
    """The place that the stories were to come from cannot be read."""


class HackerNews(ConfigurableResource):
    """Where stories come from: the live API, unless `snapshot` or `seed` says otherwise.

    Attributes:
        snapshot: A CSV file of recorded stories.
        seed: Of generated stories, which look like stories and tell nothing about Hacker News.
        url: Root of the live API.
        concurrency: Requests to the live API at a time.
        retries: Further attempts at a request after the first, each twice as long after the one before.
        timeout: Seconds to wait for an answer.
        unsettled: How many of the newest items of the live API are too young to learn from; a day's.
    """

    snapshot: str | None = None
    seed: int | None = None
    url: str = API
    concurrency: int = Field(default=16, ge=1, le=32)
    retries: int = Field(default=4, ge=0, le=10)
    timeout: float = Field(default=10.0, gt=0)
    unsettled: int = Field(default=15_000, ge=0)

    @model_validator(mode="after")
    def _one_place(self) -> HackerNews:
        if self.snapshot is not None and self.seed is not None:
            raise ValueError("stories come from one place: give `snapshot` or `seed`, not both")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> HackerNews:
        """The recording TIDEMILL_HN_CSV, else the generator with TIDEMILL_HN_SEED, else the live API."""
        seed = environment.get(SEED_VARIABLE)
        return cls(snapshot=environment.get(CSV_VARIABLE) or None, seed=int(seed) if seed else None)

    @property
    def place(self) -> str:
        """Where the stories come from, in a few words that belong beside every number made of them."""
        if self.snapshot is not None:
            return f"recorded in {Path(self.snapshot).name}"
        return f"generated, seed {self.seed}" if self.seed is not None else f"live from {self.url}"

    def newest_stories(self, count: int, say: Callable[[str], None] | None = None) -> pd.DataFrame:
        """The newest stories, of which some have no comments yet because nobody has seen them.

        Args:
            count: How many of the newest items to look at. Some of the live API's items are stories, most are
                comments; in a recording, and from the generator, every item is a story.
            say: Is told about progress.

        Returns:
            One row per story with the columns COLUMNS, oldest first; `time` in seconds since 1970.

        Raises:
            StoriesUnavailable: The place cannot be read.
        """
        return self._stories(count, 0, say)

    def settled_stories(self, count: int, say: Callable[[str], None] | None = None) -> pd.DataFrame:
        """Stories that are old enough for their comments to be counted. Arguments as for `newest_stories`."""
        return self._stories(count, self.unsettled, say)

    def _stories(self, count: int, unsettled: int, say: Callable[[str], None] | None) -> pd.DataFrame:
        if self.snapshot is not None:
            return recorded_stories(self.snapshot).tail(count)
        if self.seed is not None:
            return generated_stories(self.seed).tail(count)
        with self.live_api() as api:
            return api.stories(count, skip=unsettled, concurrency=self.concurrency, say=say)

    def live_api(self) -> LiveApi:
        """The API that a live resource reads; close it after use."""
        return LiveApi(self.url, retries=self.retries, timeout=self.timeout)


def story_table(items: Iterable[Mapping[str, Any] | None]) -> pd.DataFrame:
    """The stories with a title among items of the API: no comments, jobs or polls, none deleted or dead."""
    kept = [
        item
        for item in items
        if item and item.get("type") == "story" and item.get("title") and not item.get("dead")
    ]
    return pd.DataFrame(kept, columns=COLUMNS).sort_values("id", ignore_index=True)


def recorded_stories(recording: str | Path | IO[str]) -> pd.DataFrame:
    """A recording as the API would have told it.

    Args:
        recording: CSV with the columns RECORDED_COLUMNS; `created_at` such as `8/4/2016 11:52`, read as UTC.

    Raises:
        StoriesUnavailable: It cannot be read, or lacks a column.
    """
    named = recording if isinstance(recording, (str, Path)) else "the recording"
    try:
        rows = pd.read_csv(recording)
    except (OSError, ValueError) as error:
        raise StoriesUnavailable(f"{named} cannot be read as CSV: {error}") from error
    missing = [column for column in RECORDED_COLUMNS if column not in rows.columns]
    if missing:
        raise StoriesUnavailable(
            f"{named} has no column {', '.join(missing)}; it has {', '.join(map(str, rows.columns))}"
        )
    try:
        created = pd.to_datetime(rows.created_at, format="%m/%d/%Y %H:%M", utc=True)
    except ValueError as error:
        raise StoriesUnavailable(f"{named}: a created_at is not such as 8/4/2016 11:52: {error}") from error
    table = pd.DataFrame(
        {
            "id": rows.id,
            "title": rows.title,
            "type": "story",
            "by": rows.author,
            "time": (created - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1),
            "url": rows.url,
            "score": rows.num_points,
            "descendants": rows.num_comments,
        },
        columns=COLUMNS,
    )
    return table[table.title.notna()].sort_values("id", ignore_index=True)


class LiveApi:
    """The HTTP API of Hacker News, asked politely: a bounded number at a time, patient when it is busy.

    Args:
        url: Root of the API.
        retries: Further attempts at a request that failed.
        timeout: Seconds to wait for an answer.
        sleep: Waits for so many seconds.
        new_session: Makes the session of a thread.
    """

    def __init__(
        self,
        url: str = API,
        *,
        retries: int = 4,
        timeout: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self.url = url.rstrip("/")
        self.retries = retries
        self.timeout = timeout
        self.sleep = sleep
        self.new_session = new_session
        self._of_thread = threading.local()
        self._sessions: list[requests.Session] = []

    def __enter__(self) -> LiveApi:
        return self

    def __exit__(self, *error: object) -> None:
        for session in self._sessions:
            session.close()

    def newest(self) -> int:
        """Number of the newest item."""
        return int(self.get("maxitem.json"))

    def stories(
        self, count: int, *, skip: int = 0, concurrency: int = 16, say: Callable[[str], None] | None = None
    ) -> pd.DataFrame:
        """The stories among `count` items, after leaving out the `skip` newest."""
        last = self.newest() - skip
        numbers = range(max(last - count, 0) + 1, last + 1)
        items: list[Mapping[str, Any] | None] = []
        step = max(len(numbers) // 10, 1)
        with ThreadPoolExecutor(concurrency, thread_name_prefix="hacker-news") as pool:
            # Leaving this loop by an error cancels the requests that have not started.
            for item in pool.map(lambda number: self.get(f"item/{number}.json"), numbers):
                items.append(item)
                if say is not None and len(items) % step == 0:
                    say(f"{len(items):,} of {len(numbers):,} items")
        table = story_table(items)
        if say is not None:
            say(f"{len(table):,} of {len(items):,} items are stories")
        return table

    def get(self, address: str) -> Any:
        """What the API answers at `address`, below its root.

        Raises:
            StoriesUnavailable: It did not answer, or refused, after all attempts.
        """
        problem = ""
        for attempt in range(self.retries + 1):
            wait = 0.25 * 2**attempt
            try:
                answer = self._session().get(f"{self.url}/{address}", timeout=self.timeout)
                if answer.ok:
                    return answer.json()
                problem = f"it answered {answer.status_code} {answer.reason}".rstrip()
                if answer.status_code not in WORTH_ANOTHER_TRY:
                    raise StoriesUnavailable(f"{self.url}/{address} cannot be read: {problem}")
                asked = answer.headers.get("Retry-After", "")
                wait = max(wait, min(float(asked), 30.0)) if asked.isdigit() else wait
            except requests.RequestException as error:
                problem = f"{type(error).__name__}: {_root_cause(error)}"
            if attempt < self.retries:
                self.sleep(wait)
        attempts = "1 attempt" if self.retries == 0 else f"{self.retries + 1} attempts"
        raise StoriesUnavailable(f"{self.url}/{address} cannot be read after {attempts}: {problem}")

    def _session(self) -> requests.Session:
        """One session per thread: its connection stays open, and sessions are not made to be shared."""
        if not hasattr(self._of_thread, "session"):
            made = self.new_session()
            made.headers["User-Agent"] = USER_AGENT
            self._of_thread.session = made
            self._sessions.append(made)
        session: requests.Session = self._of_thread.session
        return session


def _root_cause(error: BaseException) -> str:
    """The innermost of a chain of errors: `[Errno -2] Name or service not known`, without its layers."""
    inner: Any = error
    for _ in range(8):
        reason = getattr(inner, "reason", None)
        below = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__
        below = below or next((part for part in inner.args if isinstance(part, BaseException)), None)
        if below is None:
            break
        inner = below
    return str(inner)
