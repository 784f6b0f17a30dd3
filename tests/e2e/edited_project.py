"""The small project that `test_edits` edits: several files, classes, a package, data, a library."""

from __future__ import annotations

from pathlib import Path

SETTINGS = '''\
"""Numbers that others use."""

FACTOR = 2
OFFSET = 10
UNUSED = 9
'''

HELPERS = '''\
from functools import wraps

import settings
from settings import FACTOR


def tidy(rows):
    """Sorted, and scaled."""
    return sorted(_scaled(rows))


def _scaled(rows):
    return [row * _factor() for row in rows]


def _factor():
    return FACTOR


def unrelated(x):
    return x - 1


def shifted(x, by=1, *, sign=1):
    return x + by * sign + settings.OFFSET


def adder(step):
    def add(x):
        return x + step

    return add


def logged(fn):
    @wraps(fn)
    def call(**named):
        return fn(**named)

    return call
'''

MODELS = """\
from dataclasses import dataclass


@dataclass
class Options:
    rate: float = 0.5


class Base:
    def fit(self, rows):
        self.total = sum(rows)
        return self


class Tree(Base):
    shrink = 1

    def score(self, options):
        return self.total * self.shrink * options.rate

    def unused(self):
        return 0


class Forest(Base):
    pass
"""

TEXT = """\
square = lambda x: x * x


def halved(x):
    return x / 2


OPERATIONS = {"square": square, "half": halved}
"""

PLUGINS = """\
def shout(text):
    return text + "!"
"""

LIBRARY = """\
def twice(x):
    return 2 * x
"""

PIPELINE = """\
from pathlib import Path

import fakelib
import helpers
import plugins
from features import text
from helpers import adder, logged
from models import Options, Tree
from tidemill import Config, ConfigurableResource, Definitions, asset

add_three = adder(3)


class Depth(Config):
    depth: int = 3
    name: str = "tree"


class Threshold(ConfigurableResource):
    value: float = 1.5

    def passes(self, x):
        return x > self.value


@asset(reads=["data.txt"])
def raw():
    return [int(line) for line in Path("data.txt").read_text().split()]


@asset
def clean(raw):
    return helpers.tidy(raw)


@asset
def features(clean):
    return [text.OPERATIONS["square"](row) + helpers.shifted(row) for row in clean]


@asset
def model(features, config: Depth):
    return Tree().fit(features).score(Options()) * config.depth


@asset
@logged
def score(model):
    return add_three(model)


@asset
def report(score, threshold: Threshold):
    return threshold.passes(score)


@asset(code_version="1")
def stamp(raw):
    return max(raw)


@asset(seed=7)
def sample(clean):
    return clean[:1]


@asset(depends_on_code=[plugins.shout])
def loud(report):
    return getattr(plugins, "shout".strip())(str(report))


@asset
def doubled(raw):
    return fakelib.twice(len(raw))


@asset(deterministic=False)
def download(raw):
    return "page"


defs = Definitions(
    assets=[raw, clean, features, model, score, report, stamp, sample, loud, doubled, download],
    resources={"threshold": Threshold()},
)
"""

FILES = {
    "settings.py": SETTINGS,
    "helpers.py": HELPERS,
    "models.py": MODELS,
    "features/__init__.py": "",
    "features/text.py": TEXT,
    "plugins.py": PLUGINS,
    "pipeline.py": PIPELINE,
    "data.txt": "3\n1\n2\n",
    "notes.txt": "nobody reads this\n",
    "site-packages/fakelib.py": LIBRARY,
    "site-packages/fakelib-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: fakelib\nVersion: 1.0\n",
    "site-packages/fakelib-1.0.dist-info/RECORD": "fakelib.py,,\nfakelib-1.0.dist-info/METADATA,,\n",
}


def write_project(folder: Path) -> None:
    """The project, as it is before any edit."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
