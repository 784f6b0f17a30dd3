"""Many keys said in few words: ranges of keys that follow one another in their definition.

Keys that come and go, and keys in two dimensions, are said one by one here: what is recorded for good is of those that
there were.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.keysets import BETWEEN
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import NOWHERE, PartitionsDefinition, World


def ranges(
    definition: PartitionsDefinition, keys: Iterable[str], world: World = NOWHERE
) -> list[tuple[str, str]]:
    """Keys as first and last of each stretch, in the order of the definition."""
    if isinstance(definition, (DynamicPartitionsDefinition, MultiPartitionsDefinition)):
        return [(key, key) for key in definition.sorted_keys(keys, world)]
    return order_at(definition, world).of(keys).ranges()


def texts(found: Iterable[tuple[str, str]]) -> list[str]:
    """Ranges as users write them."""
    return [start if start == end else f"{start}{BETWEEN}{end}" for start, end in found]
