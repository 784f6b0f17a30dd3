"""The container: layout, header, and what damage to each of its bytes does."""

from __future__ import annotations

import pytest
from blake3 import blake3
from hypothesis import given, strategies as st

from tidemill.core.errors import DamagedArtifactError, StoreVersionError
from tidemill.io import container


def build(parts: list[bytes]) -> tuple[str, bytes]:
    offsets, size = container.layout([len(part) for part in parts])
    head = container.header(offsets, parts, [blake3(part).digest() for part in parts])
    data = container.pack(head, offsets, parts)
    assert len(data) == size
    return blake3(head).hexdigest(), data


def read(data: bytes, address: str) -> list[bytes]:
    parts = container.read_header(memoryview(data), address, "x")
    return [bytes(container.check_part(memoryview(data), parts, number, "x")) for number in range(len(parts))]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_parts_come_back_and_are_aligned(parts: list[bytes]) -> None:
    address, data = build(parts)
    assert read(data, address) == parts
    assert all(part.offset % 64 == 0 for part in container.read_header(memoryview(data), address, "x"))


@given(st.data())
def test_any_flipped_bit_that_counts_is_damage(data: st.DataObject) -> None:
    parts = [b"stream" * 20, b"buffer" * 30]
    address, whole = build(parts)
    offsets, _ = container.layout([len(part) for part in parts])
    counting = [*range(16 + 48 * 2)]
    for offset, part in zip(offsets, parts, strict=True):
        counting += range(offset, offset + len(part))
    place = data.draw(st.sampled_from(counting))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DamagedArtifactError) as caught:
        read(bytes(flipped), address)
    assert caught.value.subject == "x"
    assert caught.value.next_step


@pytest.mark.parametrize("length", [0, 5, 16, 100, 250])
def test_a_missing_end_is_damage(length: int) -> None:
    address, data = build([b"s" * 100, b"b" * 100])
    with pytest.raises(DamagedArtifactError) as caught:
        read(data[:length], address)
    assert caught.value.found is not None


def test_another_file_in_its_place_is_damage() -> None:
    with pytest.raises(DamagedArtifactError) as caught:
        container.read_header(memoryview(b"PK\x03\x04" + bytes(100)), "0" * 64, "x")
    assert "PK" in (caught.value.found or "")
    assert "TIDEMILL" in (caught.value.expected or "")


def test_a_container_of_a_later_format_says_so() -> None:
    head = container.HEAD.pack(container.MAGIC, 2, 1) + container.ENTRY.pack(64, 0, blake3(b"").digest())
    with pytest.raises(StoreVersionError) as caught:
        container.read_header(memoryview(head), blake3(head).hexdigest(), "x")
    assert caught.value.found == "container format 2"


def test_the_short_way_for_one_part_gives_the_same_bytes() -> None:
    assert container.pack_one(b"stream") == build([b"stream"])
    address, data = build([b"stream"])
    assert container.read_one(data, address) == b"stream"


@pytest.mark.parametrize("place", [0, 9, 17, 40, 66])
def test_the_short_way_refuses_what_is_damaged(place: int) -> None:
    address, data = build([b"stream"])
    flipped = bytearray(data)
    flipped[place] ^= 1
    assert container.read_one(bytes(flipped), address) is None


def test_the_short_way_refuses_another_stream_that_is_whole() -> None:
    address, _ = build([b"stream"])
    _, other = build([b"poison"])
    assert container.read_one(other, address) is None


def test_the_format_is_pinned() -> None:
    address, data = build([b"stream", b"buffer"])
    assert data[:16].hex() == "544944454d494c4c0100000002000000"
    assert address == "b02c2726fd06c42e349c7ab0e442ab9e89be1fb2d7b243b6ab413141415530fd"
