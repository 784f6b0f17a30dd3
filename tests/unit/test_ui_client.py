"""The page's client is what its generator makes of the API's document."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

UI = Path(__file__).parents[2] / "ui"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ui_client", UI / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def document(
    properties: dict[str, object], *, sent: bool = False, required: tuple[str, ...] = ()
) -> dict[str, object]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    reference = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    operation: dict[str, object] = {"operationId": "putThing", "responses": {"200": {"content": reference}}}
    if sent:
        operation["requestBody"] = {"content": reference}
    return {"paths": {"/api/thing": {"post": operation}}, "components": {"schemas": {"Thing": schema}}}


def test_the_client_is_current(client: ModuleType) -> None:
    made = client.client_of(json.loads(client.DOCUMENT.read_text(encoding="utf-8")))
    assert client.CLIENT.read_text(encoding="utf-8") == made, "run: python ui/client.py"


def test_fields_of_an_answer_are_always_there_and_those_of_a_request_may_be_left_out(
    client: ModuleType,
) -> None:
    field = {"what": {"type": "integer", "default": 3}}
    assert "  readonly what: number;" in client.client_of(document(field))
    assert "  readonly what?: number;" in client.client_of(document(field, sent=True))
    assert "  readonly what: number;" in client.client_of(document(field, sent=True, required=("what",)))


@pytest.mark.parametrize(
    ("schema", "expression"),
    [
        ({"anyOf": [{"type": "number"}, {"enum": ["NaN"]}, {"type": "null"}]}, 'number | "NaN" | null'),
        (
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
            "readonly (string | null)[]",
        ),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "Readonly<Record<string, string>>"),
        ({"type": "object", "additionalProperties": True}, "Readonly<Record<string, unknown>>"),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["a"]}},
            'Readonly<Partial<Record<"a", number>>>',
        ),
        ({}, "unknown"),
    ],
)
def test_schemas_as_types(client: ModuleType, schema: dict[str, object], expression: str) -> None:
    assert f"  readonly it: {expression};" in client.client_of(document({"it": schema}))


def test_a_function_asks_its_address_and_takes_the_body(client: ModuleType) -> None:
    made = client.client_of(document({}, sent=True))
    assert (
        'export function putThing(body: Thing): Promise<Thing> {\n  return post("/api/thing", body);' in made
    )
