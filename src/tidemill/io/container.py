"""The container: the stored form of any value. Bytes in, bytes out; nothing here knows pickle or folders.

    0        16              16 + 48 n       aligned to 64        aligned to 64
    ├─ head ─┼─ n entries ───┼─ … ─ part 0 ──┼─ … ─ part 1 … ─────┤
      magic    offset, size,        stream      buffers, out of band
      version  blake3 of a part
      n

Head and entries are the *header*; the digest of the header is the *address* of the whole, so that checking
a part costs the reading of that part alone. Part 0 is the pickle stream, the only part that can run code.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from blake3 import blake3

from tidemill.core.errors import DamagedArtifactError, StoreVersionError

MAGIC = b"TIDEMILL"
FORMAT = 1
HEAD = struct.Struct("<8sII")
ENTRY = struct.Struct("<QQ32s")
ALIGNMENT = 64
PARALLEL = 1 << 24
ONE = HEAD.pack(MAGIC, FORMAT, 1)

Buffer: TypeAlias = bytes | memoryview


class Part(NamedTuple):
    """Where a part is, and the digest that its bytes have."""

    offset: int
    size: int
    digest: bytes


def digest(part: Buffer) -> bytes:
    """blake3 of a part; of a large one by two threads that end with the call: a later fork is safe."""
    return blake3(part, max_threads=2 if len(part) >= PARALLEL else 1).digest()


def layout(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Offsets of parts of these sizes, and the size of the whole container."""
    end = HEAD.size + ENTRY.size * len(sizes)
    offsets = []
    for size in sizes:
        start = -(-end // ALIGNMENT) * ALIGNMENT
        offsets.append(start)
        end = start + size
    return offsets, end


def header(offsets: Sequence[int], parts: Sequence[Buffer], digests: Sequence[bytes]) -> bytes:
    """The header of a container with these parts."""
    entries = [
        ENTRY.pack(offset, len(part), digest)
        for offset, part, digest in zip(offsets, parts, digests, strict=True)
    ]
    return HEAD.pack(MAGIC, FORMAT, len(parts)) + b"".join(entries)


def pack(head: bytes, offsets: Sequence[int], parts: Sequence[Buffer]) -> bytes:
    """A whole container in memory, for small ones."""
    pieces: list[Buffer] = [head]
    end = len(head)
    for offset, part in zip(offsets, parts, strict=True):
        pieces += (bytes(offset - end), part)
        end = offset + len(part)
    return b"".join(pieces)


def pack_one(stream: bytes) -> tuple[str, bytes]:
    """Address and bytes of a container without buffers: as by `header`, in a third of the time."""
    head = ONE + ENTRY.pack(ALIGNMENT, len(stream), blake3(stream).digest())
    return blake3(head).hexdigest(), head + stream


def read_one(data: bytes, address: str) -> bytes | None:
    """The verified stream of a container without buffers; None for any other, and for a damaged one."""
    stream = data[ALIGNMENT:]
    head = ONE + ENTRY.pack(ALIGNMENT, len(stream), blake3(stream).digest())
    return stream if data.startswith(head) and blake3(head).hexdigest() == address else None


def read_header(data: memoryview, address: str, where: str) -> tuple[Part, ...]:
    """The parts of a container, after the header was found to be the one that `address` names.

    Raises:
        DamagedArtifactError: It is another, or the end of the container is missing.
        StoreVersionError: A newer Tidemill wrote it.
    """
    if len(data) < HEAD.size:
        raise damaged(where, f"{len(data)} bytes", f"a header of at least {HEAD.size} bytes")
    magic, version, count = HEAD.unpack_from(data)
    end = HEAD.size + ENTRY.size * count
    if magic != MAGIC:
        raise damaged(where, f"a file that begins with {bytes(magic)!r}", f"{MAGIC!r}")
    if len(data) < end or blake3(data[:end]).hexdigest() != address:
        raise damaged(where, f"{len(data)} bytes whose header has another digest", f"blake3 {address}")
    if version != FORMAT:  # asked after the digest: a flipped bit is damage, not another version
        raise StoreVersionError(
            f"{where} was written by a newer Tidemill",
            subject=where,
            found=f"container format {version}",
            expected=f"container format {FORMAT}",
            next_step="upgrade Tidemill to read it",
        )
    parts = tuple([Part(*entry) for entry in ENTRY.iter_unpack(data[HEAD.size : end])])
    needed = parts[-1].offset + parts[-1].size if parts else 0
    if not parts or needed > len(data):
        raise damaged(where, f"{len(data)} bytes: its end is missing", f"{needed} bytes")
    return parts


def check_part(data: memoryview, parts: Sequence[Part], number: int, where: str) -> memoryview:
    """The bytes of one part, after they were found to be those that were written."""
    part = parts[number]
    view = data[part.offset : part.offset + part.size]
    found = digest(view)
    if found != part.digest:
        name = "the pickle stream" if number == 0 else f"buffer {number} of {len(parts) - 1}"
        raise damaged(
            where, f"{name} with digest blake3 {found.hex()[:16]}…", f"blake3 {part.digest.hex()[:16]}…"
        )
    return view


def damaged(where: str, found: str, expected: str) -> DamagedArtifactError:
    """The error for stored bytes that are not those that were written."""
    return DamagedArtifactError(
        f"Damaged artifact: {where}. Nothing of it was unpickled",
        subject=where,
        found=found,
        expected=expected,
        next_step="restore the file from a backup, or materialize the asset again",
    )
