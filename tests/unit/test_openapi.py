"""The OpenAPI document that is checked in, from which the page's client is made."""

from __future__ import annotations

import json
import re

from tidemill.server.openapi import FILE, document

DOCUMENT = json.loads(document())
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_it_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "write it anew: python -m tidemill.server.openapi"


def test_every_operation_has_a_name_of_its_own_that_a_client_can_call() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in names), names


def test_every_operation_has_an_area_a_sentence_and_the_form_of_its_errors() -> None:
    for path, _, operation in OPERATIONS:
        assert len(operation["tags"]) == 1, path
        assert operation["description"].endswith("."), path
        errors = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert errors == {"$ref": "#/components/schemas/Problem"}, path


def test_every_answer_has_a_form() -> None:
    for path, _, operation in OPERATIONS:
        if path == "/api/events":
            continue
        good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
        assert "$ref" in good["content"]["application/json"]["schema"], path
