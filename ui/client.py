"""The page's client, made from the API's document: a type for each schema, a function for each operation.

    src/tidemill/server/openapi.json ──▶ ui/src/api/schema.ts          python ui/client.py, and a test compares

Only the standard library. The usual generator needs the compiler's interface of TypeScript 5, and would bring a second
compiler; what is needed of it here are these hundred lines. Fields that only answers have are always there, whatever
their default, because the server writes all of them; of what is sent, those with a default may be left out.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "src" / "tidemill" / "server" / "openapi.json"
CLIENT = ROOT / "ui" / "src" / "api" / "schema.ts"
REF = "#/components/schemas/"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
HEAD = """\
/* Made from the API's document by `python ui/client.py`. Edit the models of the server, not this file. */

import { get, post, query } from "./client";
"""


def client_of(document: Schema) -> str:
    """The whole file."""
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    sent = _sent(document)
    types = [_type(name, schema, name in sent) for name, schema in sorted(schemas.items())]
    operations = sorted(_operations(document), key=lambda each: each[2]["operationId"])
    functions = [_function(*each) for each in operations if _answer(each[2]) is not None]
    return "\n".join([HEAD, *types, *functions])


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _sent(document: Schema) -> set[str]:
    """Names of the schemas that requests are made of."""
    found: set[str] = set()
    waiting = [json.dumps(operation.get("requestBody", {})) for _, _, operation in _operations(document)]
    while waiting:
        for name in re.findall(rf'"{re.escape(REF)}(\w+)"', waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(json.dumps(document["components"]["schemas"][name]))
    return found


def _type(name: str, schema: Schema, sent: bool) -> str:
    lines = [_comment(schema.get("description"), ""), f"export interface {name} {{"]
    required = schema.get("required", ())
    for field, each in schema.get("properties", {}).items():
        lines.append(_comment(each.get("description"), "  "))
        mark = "?" if sent and field not in required else ""
        lines.append(f"  readonly {field}{mark}: {_expression(each, sent)};")
    if schema.get("additionalProperties") is True:
        lines.append("  readonly [field: string]: unknown;")
    return "\n".join([*filter(None, lines), "}", ""])


def _expression(schema: Schema, sent: bool = False) -> str:
    """A schema as an expression of types."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_expression(each, sent) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        item = _expression(schema.get("items", {}), sent)
        return f"readonly ({item})[]" if " " in item else f"readonly {item}[]"
    if kind == "object" or "additionalProperties" in schema:
        return f"Readonly<{_record(schema, sent)}>"
    return PLAIN.get(str(kind), "unknown")


def _record(schema: Schema, sent: bool) -> str:
    names, value = schema.get("propertyNames", {}), schema.get("additionalProperties", {})
    told = "unknown" if value is True else _expression(value, sent)
    return f"Partial<Record<{_expression(names)}, {told}>>" if "enum" in names else f"Record<string, {told}>"


def _answer(operation: Schema) -> str | None:
    """The type of the answer to a request that was granted; None where it is no JSON."""
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None:
            return _expression(content.get("schema", {}))
    return None


def _function(path: str, method: str, operation: Schema) -> str:
    name, answer = operation["operationId"], _answer(operation)
    parameters = [each for each in operation.get("parameters", ()) if each["in"] in ("path", "query")]
    fields = [f"{each['name']}{'' if each.get('required') else '?'}: {_given(each)}" for each in parameters]
    optional = all(not each.get("required") for each in parameters)
    arguments = [f"given: {_braced(fields, ';')}{' = {}' if optional else ''}"] if parameters else []
    address = re.sub(r"\{(\w+)\}", lambda found: f"${{encodeURIComponent(given.{found[1]})}}", path)
    asked = [each["name"] for each in parameters if each["in"] == "query"]
    if asked:
        address += f"${{query({_braced([f'{each}: given.{each}' for each in asked], ',')})}}"
    quoted = f"`{address}`" if "${" in address else json.dumps(address)
    if method == "post":
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        arguments += [f"body: {_expression(body, sent=True)}"] if body else []
        call = f"post({quoted}, {'body' if body else '{}'})"
    else:
        arguments.append("signal?: AbortSignal")
        call = f"get({quoted}, signal)"
    comment = _comment(operation.get("description") or operation.get("summary"), "")
    head = f"export function {name}({', '.join(arguments)}): Promise<{answer}> {{"
    return "\n".join([*filter(None, [comment]), head, f"  return {call};", "}", ""])


def _braced(fields: Sequence[str], end: str) -> str:
    """An object, on several lines where it is long."""
    line = f"{{ {f'{end} '.join(fields)} }}"
    return line if len(line) < 90 else "{\n" + "".join(f"  {field}{end}\n" for field in fields) + "}"


def _given(parameter: Schema) -> str:
    expression = _expression(parameter["schema"])
    return expression if parameter.get("required") else f"{expression} | undefined"


def _comment(text: str | None, indent: str) -> str:
    if not text:
        return ""
    words = " ".join(text.split()).replace("*/", "* /")
    if len(words) < 100:
        return f"{indent}/** {words} */"
    lines = textwrap.wrap(words, 110 - len(indent), break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{indent}/**", *[f"{indent} * {line}" for line in lines], f"{indent} */"])


def main() -> None:
    """Write the client."""
    CLIENT.write_text(client_of(json.loads(DOCUMENT.read_text(encoding="utf-8"))), encoding="utf-8")
    sys.stdout.write(f"wrote {CLIENT.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
