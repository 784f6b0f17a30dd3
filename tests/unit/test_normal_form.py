"""The normal form: what is said twice is one text, and every Python version gives the same text."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tidemill.code.digests import digest_of
from tidemill.code.normal_form import Form, Writer

SOURCE = Path(__file__).parents[2] / "src"


def form(source: str) -> Form:
    writer = Writer()
    writer.body(ast.parse(source).body)
    return writer.form()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = (1)", "x = 1 # one"),
        ("x = 'a' \"b\"", "x = 'ab'"),
        ("x: int = 1", "x = 1"),
        ("x: int\ny = 1", "y = 1"),
        ("x = 0x10", "x = 1_6"),
        ("x = 'é'", "x = '\\u00e9'"),
        ("x = f'a{y}'", 'x = f"a" f"{y}"'),
        ("x = f'{y:}'", "x = f'{y}'"),
        ("x = f'plain'", "x = 'plain'"),
        ("x = f''", "x = ''"),
        ("x = f'{{}}{y}'", "x = '{}' f'{y}'"),
        ("def f(a: int = 1, *b: str, c: int, **d) -> None: ...", "def f(a=1, *b, c, **d):\n    'Doc.'"),
        ("class A:\n    'Doc.'\n    x = 1\n    'Of x.'", "class A:\n    x = 1"),
        ("def f():\n    pass\n    return 1", "def f(): return 1"),
        ("if x: pass\nelse: y", "if x: 'nothing'\nelse:\n    y"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert form(one).text == form(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("x = 'a'", "x = a"),
        ("x = a, b", "x = [a, b]"),
        ("f(a, b)", "f(a)(b)"),
        ("f(a=b)", "f(a, b)"),
        ("x = a.b", "x = a['b']"),
        ("x = f'{y}'", "x = f'{y!r}'"),
        ("x = f'{y:>3}'", "x = f'{y:>4}'"),
        ("x = f'{y}'", "x = '{y}'"),
        ("x = a < b < c", "x = (a < b) < c"),
        ("def f(a, b=1): ...", "def f(a=1, b=1): ..."),
        ("def f(a, /): ...", "def f(a): ..."),
        ("def f(*, a): ...", "def f(a): ..."),
        ("def f(*a): ...", "def f(a): ..."),
        ("def f(): ...", "async def f(): ..."),
        ("class A(B): ...", "class A(metaclass=B): ..."),
        ("from a import b", "from .a import b"),
        ("global x", "nonlocal x"),
        ("try:\n    x\nexcept* E: y", "try:\n    x\nexcept E: y"),
        ("class A:\n    x: int = 1", "class A:\n    x = 1"),
        ("x[1:2]", "x[1, 2]"),
        ("{**a}", "{None: a}"),
        ("match x:\n    case 1: y", "match x:\n    case _: y"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert form(one).text != form(other).text


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("def f(a): return a + b", ["b"]),
        ("def f(): return a.b.c(d)", ["a.b.c", "d"]),
        ("def f(a):\n    x = a\n    return x", []),
        ("def f(): return [x for x in xs if x in seen]", ["xs", "seen"]),
        ("def f(): return lambda y: y + z", ["z"]),
        ("def f():\n    def g(): return x\n    x = 1\n    return g", []),
        ("class A:\n    x = 1\n    def f(self): return x", ["x"]),
        ("class A:\n    x = 1\n    y = x", []),
        ("def f():\n    global x\n    x = 1", ["x"]),
        ("def f():\n    import a.b as c\n    return c.d", [":0:a.b:", ":0:a.b:d"]),
        ("def f():\n    import a.b\n    return a.b.d", [":0:a.b:", ":0:a:b.d"]),
        ("def f():\n    from .a import b as c\n    return c.d", [":1:a:b", ":1:a:b.d"]),
        ("def f():\n    import a\n    return g(a)", [":0:a:", "g", ":0:a:*"]),
        ("def f(): return getattr(a, 'b')", ["a.b", "getattr", "a"]),
        ("def f():\n    try: g()\n    except E as e: return e", ["g", "E"]),
        ("def f(x):\n    match x:\n        case [A(), *rest]: return rest", ["A"]),
        ("def f(x: B) -> C:\n    y: D = 1\n    return y", []),
        ("def f():\n    if (n := g()): return n", ["g"]),
        ("def f(): return f'{a!r:>{b}}'", ["a", "b"]),
    ],
)
def test_names_that_code_uses(source: str, uses: list[str]) -> None:
    assert list(form(source).uses) == uses


@pytest.mark.parametrize(
    ("source", "unseen"),
    [
        ("getattr(a, b)", ["getattr(a, b)"]),
        ("eval(a)", ["eval()"]),
        ("exec(a)", ["exec()"]),
        ("globals()['a']", ["globals()"]),
        ("importlib.import_module(a)", ["importlib.import_module(a)"]),
        ("getattr(a, 'b')", []),
    ],
)
def test_what_cannot_be_followed(source: str, unseen: list[str]) -> None:
    assert list(form(source).unseen) == unseen


# One of everything, with the first version whose parser takes it.
SAMPLES = {
    "everything": """
@decorator(1)
async def f(a, /, b: int = 1, *c, d, e=2, **g) -> int:
    '''Doc.'''
    global h
    async with a as x, b: pass
    async for i in c: await i
    for j, *k in d:
        if j: continue
        else: break
    while not a: a -= 1; del b[0], c.d
    try: raise E(1) from None
    except (A, B) as error: raise
    else: assert a, "b"
    finally: return (yield)
    with open(f"{a}{b!r:>{c}.2f}{{}}" "é\\U0001fae8") as y: y.z = lambda q, r=1: (q, r)
    x = [i async for i in a if i], {i: j for i, j in b}, {*c}, (i for i in d), {**e, 'f': 1}
    return a if b else c or d and not e, a[1:2, ::3], ~a ** -b // 2 @ c, a < b <= c is not d not in e
class C(B, metaclass=M):
    x: int = 1
    y: ClassVar[int] = 2
    def g(self): return super().g() + 1.5e300 + 2j + ...
match p:
    case [1, "a", *rest] | {"k": v, **others}: q
    case C(x=1, y=None) as whole if z: r
    case _: s
import a.b as c, d
from .. import e as f
n = 10 ** 5 + 0xffff_ffff_ffff_ffff
if (m := n) > 3: lambda: (yield)
""",
    "f-strings": """
x = f'{a}' 'b' f'{c:{d}}' f'{e=}' f'{g!s:%Y-{h}}' f''
y = f"{'a' 'b'}{c['d']}" f'\\n{1:x}' rf'\\n{2}'
z = f'{a:{b}>{c}}{d:}' f"{e}{{{g}}}"
""",
    "groups": "try: a\nexcept* E as e: b",
}
LATER = {
    (3, 12): (
        "def f[T: int](a: T) -> T: return f'{a['b']}{'\\n'.join(c)}'",
        "def f(a): return f\"{a['b']}\" f'''{'''\n'''.join(c)}'''",
    ),
}
PINNED = {
    "everything": "187b643211f0b95cab660062b38c2201",
    "f-strings": "abbea7bcf455da70e216d0b33a6774df",
    "groups": "865d84a13510b0d1d79083029b78e206",
}

CHILD = """
import ast, json, sys
from tidemill.code.normal_form import Writer
texts = {}
for name, source in json.load(sys.stdin).items():
    writer = Writer()
    writer.body(ast.parse(source).body)
    texts[name] = writer.form()
print(json.dumps(texts))
"""


def interpreters() -> list[str]:
    """Python 3.11 and later on the path, as far as they run."""
    found = [shutil.which(f"python3.{minor}") for minor in range(11, 16)]
    return [path for path in found if path is not None and _runs(path)]


def _runs(name: str) -> bool:
    done = subprocess.run([name, "-c", "import sys; print(sys.version)"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_pinned_digests(name: str) -> None:
    assert digest_of(form(SAMPLES[name]).text) == PINNED[name]


@pytest.mark.parametrize("interpreter", interpreters())
def test_another_interpreter_gives_the_same(interpreter: str) -> None:
    done = subprocess.run(
        [interpreter, "-S", "-c", CHILD],
        input=json.dumps(SAMPLES),
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {
        name: Form(text, tuple(uses), tuple(unseen))
        for name, (text, uses, unseen) in json.loads(done.stdout).items()
    } == {name: form(source) for name, source in SAMPLES.items()}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_newer_syntax_says_the_same_as_older() -> None:
    newer, older = LATER[3, 12]
    assert form(newer).text == form(older).text
