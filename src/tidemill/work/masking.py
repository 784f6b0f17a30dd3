"""What user code told of its results, without secrets: facts are cleaned once, before anybody else sees them.

    user's function ──▶ worker ──Materialized, Observed, Checked──▶ clean ──▶ store, listeners, results

Logs and errors mask their own text, line by line and frame by frame. Stored values are the user's own data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidemill.core.events import Checked, Materialized, Observed, Passed
from tidemill.core.metadata import MetadataValue
from tidemill.core.secrets import has_secrets, mask
from tidemill.work.orders import StepFact


def clean(fact: StepFact) -> StepFact:
    """The fact with every registered secret in its metadata, tags and texts masked."""
    if not has_secrets():
        return fact
    if isinstance(fact, Materialized):
        version = fact.version
        return fact._replace(
            version=version._replace(
                **_facts(version),
                data_version=mask(version.data_version),
                preview=None if version.preview is None else _walk(version.preview, mask),
            )
        )
    if isinstance(fact, Passed):
        value = fact.value
        return fact._replace(value=value._replace(metadata=masked_metadata(value.metadata)))
    if isinstance(fact, Observed):
        observation = fact.observation
        told = None if observation.data_version is None else mask(observation.data_version)
        return fact._replace(observation=observation._replace(**_facts(observation), data_version=told))
    if isinstance(fact, Checked):
        check = fact.check
        text = None if check.description is None else mask(check.description)
        return fact._replace(check=check._replace(metadata=masked_metadata(check.metadata), description=text))
    return fact


def _facts(record: Any) -> dict[str, Any]:
    return {
        "metadata": masked_metadata(record.metadata),
        "tags": {mask(name): mask(value) for name, value in record.tags.items()},
        "description": None if record.description is None else mask(record.description),
    }


def masked_metadata(metadata: Mapping[str, MetadataValue]) -> Mapping[str, MetadataValue]:
    """Metadata whose labels and texts hold no secret; values without one are the same objects."""
    return {mask(label): _masked(value) for label, value in metadata.items()} if has_secrets() else metadata


def _masked(value: MetadataValue) -> MetadataValue:
    written = value.to_json()
    # The names of fields are ours, the keys inside the data of the user are not.
    cleaned = {
        name: _walk(field, mask if name in ("data", "records") else str) if name != "type" else field
        for name, field in written.items()
    }
    return value if cleaned == written else MetadataValue.from_json(cleaned)


def _walk(data: Any, key: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return mask(data)
    if isinstance(data, dict):
        return {key(name): _walk(value, key) for name, value in data.items()}
    return [_walk(item, key) for item in data] if isinstance(data, list) else data
