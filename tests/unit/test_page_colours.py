"""Words on the page can be read: the colours of its text keep WCAG's contrast on every surface, light and dark."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "ui" / "src" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text(encoding="utf-8"))}
INKS = [name for name in COLOURS if name == "ink" or name.startswith("ink-")]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("ink", "theme"), list(product(INKS, ("light", "dark"))))
def test_text_can_be_read_on_the_surface(ink: str, theme: str) -> None:
    at = ("light", "dark").index(theme)
    assert contrast(COLOURS[ink][at], COLOURS["surface"][at]) >= 4.5


def test_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
