"""What the assets of a store take, worked out again only when something has changed."""

import time
from pathlib import Path

from tidemill import DagsterInstance, asset, materialize
from tidemill.server.reading.disk import DiskUse
from tidemill.server.reading.heads import Head, read_heads
from tidemill.storage.reading import ReadingStore


@asset
def small() -> bytes:
    return b"x"


@asset
def grown(context) -> bytes:  # type: ignore[no-untyped-def]
    earlier = context.previous()
    return b"x" * (100_000 if earlier is not None else 1_000)


def test_assets_are_ranked_anew_only_when_one_has_changed(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([small, grown], instance=instance)
        store = ReadingStore(tmp_path)
        heads: dict[str, Head] = read_heads(store)
        use = DiskUse(store, tmp_path, lambda: heads)

        first = use.ranked(heads, 10.0)
        assert list(first.order) == ["grown", "small"]
        assert first.bytes == sum(first.uses[key].bytes for key in ("small", "grown"))
        again = use.ranked(heads, 10.0)
        assert use.ranked(heads, 10.0) is again == first

        materialize([grown], instance=instance)
        newer = read_heads(store)
        grew = use.ranked(newer, 10.0)
        assert grew.uses["grown"].stored == 2
        assert grew.bytes > first.bytes + 90_000
        use.forget()
        assert use.ranked(newer, 0.0).order == []
        assert use.ranked(newer, 10.0) == grew
        store.close()


def test_facts_and_logs_of_a_small_store_are_counted_soon_again(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([small], instance=instance)
        store = ReadingStore(tmp_path)
        use = DiskUse(store, tmp_path, dict, again=0.05)
        use.start()
        before = use.events, use.log_bytes
        materialize([grown], instance=instance)
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / "logs" / "more").write_bytes(b"x" * 1_000)
        deadline = time.monotonic() + 30
        while not (use.events > before[0] and use.log_bytes >= before[1] + 1_000):
            assert time.monotonic() < deadline, (before, use.events, use.log_bytes)
            time.sleep(0.02)
        use.close()
        store.close()
