"""The text form of selections, read by recursive descent: text in, tree of `expressions` out.

    selection  =  either { "," either }
    either     =  both { "or" both }                        and, or, not in any case
    both       =  negated { "and" negated }
    negated    =  "not" negated | walk
    walk       =  [ n "+" | "+" … | "*" ] atom [ "+" n | "+" … | "*" ]
    atom       =  "*" | "(" either ")" | function "(" either ")" | attribute ":" value | name
    value      =  text | "quoted text"                      a backslash makes the next character plain

How far `+` goes depends on what it stands at, as in the two generations of the syntax that this one serves:
at a bare name each plus is one step (`++b` two) and `*` is all the way; at anything else a lone plus is all
the way. A number says it plainly at both: `2+b`, `key:"b"+1`. A star in the value of `key:` is a wildcard.
"""

from __future__ import annotations

import re
from typing import NoReturn

from tidemill.core.errors import InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.planning.expressions import (
    ATTRIBUTES,
    FUNCTIONS,
    Checks,
    ChecksOf,
    Everything,
    Expression,
    Function,
    Keys,
    Matching,
    Walk,
    Without,
    both,
    union,
)

NAME = re.compile(r"(?:[\w./\[\]?@$-]|\\.)+")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
PLAIN_VALUE = re.compile(r'(?:[^\s()+*,"=\\]|\\.)+')
KEY_VALUE = re.compile(r'(?:[^\s()+,"\\]|\\.)+')
UP = re.compile(r"(\d*)(\++)(?=[^\s+])|\*(?=[\w\"(\\])")
DOWN = re.compile(r"(\++)(\d*)(?![\w.])|\*(?![\w\"(\\])")
STARRED = re.compile(r"(?:[^*\\]|\\.)*\*", re.DOTALL)
CHECK = re.compile(r"((?:[^\\]|\\.)*):((?:[^\\:]|\\.)*)", re.DOTALL)

NESTED = ("checks", "include_sources", *FUNCTIONS)
OPERAND = f"a name, attribute:value, a function such as {', '.join(NESTED[2:4])}, `*`, `not` or `(`"
NAMED = ("key", "key_substring", "prefix", "check", *ATTRIBUTES)


def parse_selection(text: str, include_sources: bool = False) -> Expression:
    """Read an expression, or several joined by commas; InvalidSubsetError points at the place that is none.

    With `include_sources`, filters and `*` also match assets that nothing here makes.
    """
    return _Parser(text, include_sources).selection()


class _Parser:
    def __init__(self, text: str, include_sources: bool) -> None:
        self.text = text
        self.at = 0
        self.include_sources = include_sources

    def selection(self) -> Expression:
        parts = [self.either()]
        while self.symbol(","):
            parts.append(self.either())
        if self.at < len(self.text):
            self.fail("`and`, `or`, `,` or the end")
        return union(parts)

    def either(self) -> Expression:
        parts = [self.both()]
        while self.word("or"):
            parts.append(self.both())
        return union(parts)

    def both(self) -> Expression:
        found = self.negated()
        while self.word("and"):
            # A difference says more than an intersection with a complement: sources are in no complement.
            found = Without((found, self.negated())) if self.word("not") else both(found, self.negated())
        return found

    def negated(self) -> Expression:
        if self.word("not"):
            return Without((Everything(self.include_sources), self.negated()))
        return self.walk()

    def walk(self) -> Expression:
        self.skip()
        start = self.at
        up = self.match(UP)
        atom, bare = self.atom()
        down = self.match(DOWN)
        if not up and not down:
            return atom
        parts: list[Expression] = []
        if up:
            parts.append(Walk(atom, self.depth(up[0], up[2] or "", up[1] or "", bare, start), True))
        if down:
            place = self.at - len(down[0])
            parts.append(Walk(atom, self.depth(down[0], down[1] or "", down[2] or "", bare, place), False))
        return union(parts)

    def depth(self, sign: str, pluses: str, digits: str, bare: bool, place: int) -> int | None:
        if sign == "*":
            return None
        if len(pluses) > 1 and (digits or not bare):
            self.at = place
            self.fail("one plus; write the number of steps as `2+` before or `+2` after")
        if digits:
            return int(digits)
        return len(pluses) if bare else None

    def atom(self) -> tuple[Expression, bool]:
        """An operand, and whether it is a bare name."""
        if self.symbol("("):
            return self.closed(), False
        if self.symbol("*"):
            return Everything(self.include_sources), False
        quoted = self.match(QUOTED)
        if quoted:
            return Keys((AssetKey.from_text(quoted[1]),)), True
        start = self.at
        name = self.match(NAME)
        if not name or name[0].lower() in ("and", "or", "not"):
            self.at = start
            self.fail(OPERAND)
        if self.peek() == ":":
            return self.attribute(name[0], start), False
        if self.peek() == "(":
            return self.function(name[0], start), False
        return Keys((AssetKey.from_text(name[0]),)), True

    def closed(self) -> Expression:
        inner = self.either()
        if not self.symbol(")"):
            self.fail("`and`, `or` or `)`")
        return inner

    def function(self, name: str, start: int) -> Expression:
        if name not in NESTED:
            self.at = start
            self.fail(f"one of the functions {', '.join(NESTED)}", did_you_mean(name, NESTED))
        self.at += 1
        before = self.include_sources
        self.include_sources = before or name == "include_sources"
        inner = self.closed()
        self.include_sources = before
        if name == "include_sources":
            return inner
        return ChecksOf(inner) if name == "checks" else Function(inner, name)

    def attribute(self, name: str, start: int) -> Expression:
        if name not in NAMED:
            self.at = start
            self.fail(f"one of the attributes {', '.join(NAMED)}", did_you_mean(name, NAMED))
        self.at += 1
        start = self.at
        raw = self.value(KEY_VALUE if name in ("key", "check") else PLAIN_VALUE)
        if name == "key":
            if STARRED.match(raw):
                return Matching("key", self.include_sources, raw)
            return Keys((AssetKey.from_text(raw),))
        if name == "prefix":
            return Matching("prefix", self.include_sources, raw)
        if name == "check":
            parts = CHECK.fullmatch(raw)
            if not parts:
                self.at = start
                self.fail('an asset and the name of a check: check:"asset:name"')
            return Checks((AssetCheckKey(AssetKey.from_text(parts[1]), _plain(parts[2])),))
        value = _plain(raw)
        if name == "tag" and self.peek() == "=":
            self.at += 1
            value = f"{value}={_plain(self.value(PLAIN_VALUE))}"
        elif name == "tag" and "=" not in value:
            value += "="
        return Matching(name, self.include_sources, value)

    def value(self, plain: re.Pattern[str]) -> str:
        quoted = self.match(QUOTED)
        if quoted:
            return quoted[1]
        found = self.match(plain)
        if not found:
            self.fail('a value; one with spaces or signs stands in quotes: "…"')
        return found[0]

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def symbol(self, symbol: str) -> bool:
        self.skip()
        if self.peek() != symbol:
            return False
        self.at += 1
        return True

    def word(self, word: str) -> bool:
        self.skip()
        found = NAME.match(self.text, self.at)
        if not found or found[0].lower() != word or self.text[found.end() : found.end() + 1] == ":":
            return False
        self.at = found.end()
        return True

    def fail(self, expected: str, question: str | None = None) -> NoReturn:
        before = self.text[: self.at]
        line = self.text.split("\n")[before.count("\n")]
        caret = " " * (len(before) - before.rfind("\n") - 1) + "^"
        raise InvalidSubsetError(
            f"Cannot read the selection {self.text!r} at character {self.at + 1}",
            subject=self.text,
            found=f"{line}\n{caret}",
            expected=expected,
            next_step=question,
        )


def _plain(raw: str) -> str:
    return re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)
