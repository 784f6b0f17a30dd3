"""Keys of what a version was made from: equal for what does the same, different for what does not."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tidemill.code.compiled import code_version
from tidemill.core.keys import AssetKey
from tidemill.core.records import VersionRef
from tidemill.planning.versions import Ingredients, input_facts, version_key


def compiled(source: str) -> Callable[..., Any]:
    """The function `f` of a source text."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102  (ours)
    return namespace["f"]


def version(source: str) -> str:
    return code_version(compiled(source))


PLAIN = "def f(a):\n    return a + 1\n"


@pytest.mark.parametrize(
    "same",
    [
        "\n\n\ndef f(a):\n    return a + 1\n",
        "def f(a):\n    # why\n    return a + 1  # because\n",
        "def f(a):\n    'What it does.'\n    return a + 1\n",
        "def f(a): return (a\n    + 1)\n",
        "def f(a: int) -> int:\n    return a + 1\n",
        "def f(a=7):\n    return a + 1\n",
    ],
)
def test_what_does_the_same_has_one_version(same: str) -> None:
    assert version(same) == version(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        "def f(a):\n    return a + 2\n",
        "def f(a):\n    return a - 1\n",
        "def f(a):\n    return a + 1.0\n",
        "def f(a):\n    return a + True\n",
        "def f(b):\n    return b + 1\n",
        "def f(a):\n    g()\n    return a + 1\n",
        "def f(a):\n    return (lambda: 1)\n",
    ],
)
def test_what_does_something_else_has_another_version(other: str) -> None:
    assert version(other) != version(PLAIN)


@pytest.mark.parametrize(
    "template",
    [
        "def f():\n    return {!r}\n",
        "def f():\n    'Documented.'\n    return {!r}\n",
        "def f(x):\n    return [y + {!r} for y in x]\n",
        "def f(x):\n    return {{y + {!r} for y in x}}\n",
        "def f(x):\n    return list(y + {!r} for y in x)\n",
        "def f(x):\n    return {{{!r}: y for y in x}}\n",
        "def f():\n    return lambda: {!r}\n",
        "def f():\n    def g():\n        return {!r}\n    return g\n",
        "def f():\n    def g(x={!r}):\n        return x\n    return g\n",
        "def f():\n    class C:\n        x = {!r}\n    return C\n",
        "def f(x):\n    return x in {{'z', {!r}}}\n",
        "def f(x):\n    return x.{}\n",
        "def f(x):\n    import {}\n",
        "def f(x):\n    return x[{!r}:]\n",
        "def f(x):\n    return f'<{{x}}>{}'\n",
    ],
)
def test_every_constant_and_name_counts(template: str) -> None:
    assert version(template.format("first")) != version(template.format("second"))
    assert version(template.format("first")) == version(template.format("first"))


def test_what_a_try_covers_counts() -> None:
    inside = "def f():\n    try:\n        a()\n        b()\n    except E:\n        c()\n"
    outside = "def f():\n    a()\n    try:\n        b()\n    except E:\n        c()\n"
    assert version(inside) != version(outside)


def test_docstrings_of_nested_functions_do_not_count() -> None:
    nested = "def f():\n    def g():\n        {}\n        return 1\n    return g\n"
    assert version(nested.format("'One.'")) == version(nested.format("'Two.'"))


class Callable_:
    def __call__(self, x: int) -> int:
        return x + 1


def test_callables_without_code() -> None:
    plain = compiled(PLAIN)
    assert code_version(functools.partial(plain, a=1)) == code_version(plain)
    assert code_version(Callable_()) == code_version(Callable_.__call__)
    assert code_version(len) != code_version(max)


def test_the_same_in_another_process(tmp_path: Path) -> None:
    """Sets among the constants have another order there."""
    source = "def f(x):\n    return x in {'a', 'b', 'c', 'd', 1, 2.0, None}\n"
    script = tmp_path / "script.py"
    script.write_text(
        f"from tidemill.code.compiled import code_version\n{source}print(code_version(f), end='')\n"
    )
    found = {
        subprocess.run(
            [sys.executable, str(script)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert found == {version(source)}


# The key of everything together


def key_of(
    code: str,
    config: dict[str, Any],
    partition: str | None,
    inputs: list[VersionRef],
    libraries: dict[str, str] | None = None,
    seed: int | None = None,
) -> str:
    return version_key(Ingredients(code, config, partition, input_facts(inputs), libraries or {}, seed))


REF = VersionRef(AssetKey("a"), None, "id-1", "content-1")
KEY = key_of("code", {"depth": 3}, "eu", [REF])


def test_a_key_is_a_digest() -> None:
    assert len(KEY) == 32
    assert int(KEY, 16) >= 0
    assert key_of("code", {"depth": 3}, "eu", [REF]) == KEY


@pytest.mark.parametrize(
    "other",
    [
        key_of("other", {"depth": 3}, "eu", [REF]),
        key_of("code", {"depth": 4}, "eu", [REF]),
        key_of("code", {}, "eu", [REF]),
        key_of("code", {"depth": 3}, "us", [REF]),
        key_of("code", {"depth": 3}, None, [REF]),
        key_of("code", {"depth": 3}, "eu", []),
        key_of("code", {"depth": 3}, "eu", [REF, REF]),
        key_of("code", {"depth": 3}, "eu", [REF._replace(data_version="content-2")]),
        key_of("code", {"depth": 3}, "eu", [REF._replace(asset=AssetKey("b"))]),
        key_of("code", {"depth": 3}, "eu", [REF._replace(partition="eu")]),
        key_of("code", {"depth": 3}, "eu", [REF], {"xgboost": "2.1"}),
        key_of("code", {"depth": 3}, "eu", [REF], {"xgboost": "2.2"}),
        key_of("code", {"depth": 3}, "eu", [REF], seed=0),
    ],
)
def test_every_ingredient_counts(other: str) -> None:
    assert other != KEY


def test_the_id_of_an_input_does_not_count() -> None:
    """An input that was made again, and came out the same, changes nothing."""
    assert key_of("code", {"depth": 3}, "eu", [REF._replace(id="id-2")]) == KEY


def test_the_order_of_config_does_not_count() -> None:
    one = key_of("code", {"a": 1, "b": {"c": 2, "d": 3}}, None, [])
    assert key_of("code", {"b": {"d": 3, "c": 2}, "a": 1}, None, []) == one


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.booleans()), st.text())
def test_any_config_and_partition_have_a_key(config: dict[str, Any], partition: str) -> None:
    key = key_of("code", config, partition, [])
    assert key == key_of("code", dict(reversed(config.items())), partition, [])
    assert key != key_of("code", {**config, "one more": 1}, partition, [])
