"""Facts about assets that a program tells itself, by an event of its own: from the event to the record.

AssetMaterialization ──told_version──▶ Version        AssetObservation ──told_observation──▶ Observation

A tag `dagster/data_version` names what the value is; it is kept as that, and not as a tag.
"""

from __future__ import annotations

from tidemill.core.records import Observation, Version
from tidemill.core.tags import DATA_VERSION_TAG
from tidemill.definitions.results import AssetMaterialization, AssetObservation


def told_version(
    event: AssetMaterialization, *, id: str, at: int, code: str = "", run_id: str = "", step: str = ""
) -> Version:
    """A version without a value in the store."""
    tags = dict(event.tags)
    return Version(
        id=id,
        asset=event.asset_key,
        partition=event.partition,
        made_at=at,
        data_version=tags.pop(DATA_VERSION_TAG, id),
        code_version=code,
        metadata=event.metadata,
        tags=tags,
        description=event.description,
        run_id=run_id,
        step=step,
    )


def told_observation(event: AssetObservation) -> Observation:
    """What was learned about an asset."""
    tags = dict(event.tags)
    version = tags.pop(DATA_VERSION_TAG, None)
    return Observation(event.asset_key, event.partition, version, event.metadata, tags, event.description)
