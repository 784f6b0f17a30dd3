"""What a version is found by: one key for everything that it is made from.

    code, config, partition, inputs' contents, libraries, seed ──version_key──▶ 32 hexadecimal digits

Two versions of an asset with one key are the same as far as Tidemill can see, so that one may stand for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from blake3 import blake3

from tidemill.core.records import VersionRef

DIGEST_BYTES = 16


class Ingredients(NamedTuple):
    """What one output of a step is made from.

    Attributes:
        code: Fingerprint of the code, or the version that the user gave it.
        config: In force for the step, plain JSON, none is empty; what its resources are, under `resources.KEY`.
        partition: The slice that is made.
        inputs: Asset, partition and content of each input, in the order of the function's.
        libraries: Distribution → version, as far as it counts.
        seed: Where the user gave one.
    """

    code: str
    config: Mapping[str, object] | None
    partition: str | None
    inputs: tuple[tuple[str, str | None, str], ...]
    libraries: Mapping[str, str]
    seed: int | None


def input_facts(refs: Iterable[VersionRef]) -> tuple[tuple[str, str | None, str], ...]:
    """Inputs as ingredients."""
    return tuple([(ref.asset.text, ref.partition, ref.data_version) for ref in refs])


def version_key(made_from: Ingredients) -> str:
    """Digest, in 32 hexadecimal digits, of all ingredients."""
    code, config, partition, inputs, libraries, seed = made_from
    return slice_key(code, partition, inputs, common_text(config, libraries, seed))


def common_text(config: Mapping[str, object] | None, libraries: Mapping[str, str], seed: int | None) -> str:
    """What the keys of all slices of a unit have in common, beside its code."""
    text = json.dumps(config, sort_keys=True, default=repr) if config else ""
    if libraries or seed is not None:
        text += f"{sorted(libraries.items())!r}{seed!r}"
    return text


def slice_key(
    code: str, partition: str | None, inputs: tuple[tuple[str, str | None, str], ...], common: str
) -> str:
    """The key of one slice, of what is its own and what it has in common with others."""
    return blake3(f"{(code, partition, inputs)!r}{common}".encode()).hexdigest(DIGEST_BYTES)
