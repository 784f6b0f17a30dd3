"""What `tidemill init` writes: a small project that runs, trains, and is better than its baseline.

`PACKAGE` stands for the name of the package, `NAME` for that of the project.
"""

from __future__ import annotations

PYPROJECT = """\
[project]
name = "NAME"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["tidemill", "pandas", "scikit-learn"]

[project.optional-dependencies]
dev = ["pytest"]

[tool.tidemill]
module = "PACKAGE.definitions"

[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["PACKAGE"]
"""

README = """\
# NAME

```
pip install -e ".[dev]"    # Tidemill, pandas, scikit-learn, pytest
tidemill materialize       # makes every asset
tidemill show error        # the score of the model, and all that is known of it
pytest                     # the same functions, called as functions
```

Change `ALPHA` in `PACKAGE/model.py`, then:

```
tidemill status            # what is stale, and why
tidemill refresh           # runs that, and only that
```

- `PACKAGE/data.py`: the data, and its split
- `PACKAGE/model.py`: the baseline, the model, its error
- `PACKAGE/checks.py`: what must hold
- `PACKAGE/definitions.py`: gathers them; the settings in `pyproject.toml` name it
"""

IGNORE = """\
.env
.tidemill/
.venv/
__pycache__/
*.egg-info/
"""

DEFINITIONS = '''\
"""Everything that is defined in this project."""

from PACKAGE import checks, data, model
from tidemill import Definitions, load_asset_checks_from_modules, load_assets_from_modules

definitions = Definitions(
    assets=load_assets_from_modules([data, model]),
    asset_checks=load_asset_checks_from_modules([checks]),
)
'''

DATA = '''\
"""The data: read once, split once."""

import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from tidemill import AssetOut, multi_asset, asset

TEST_SHARE = 0.25


@asset(group_name="data")
def patients() -> pd.DataFrame:
    """Ten measurements of 442 patients, and how their diabetes progressed in a year (`target`)."""
    return load_diabetes(as_frame=True).frame


@multi_asset(outs={"training_data": AssetOut(), "test_data": AssetOut()}, group_name="data")
def split(patients: pd.DataFrame):
    """Patients to learn from, and patients to be judged by."""
    return tuple(train_test_split(patients, test_size=TEST_SHARE, random_state=0))
'''

MODEL = '''\
"""The baseline, the model, and how far it is off."""

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from tidemill import Output, asset

ALPHA = 0.1


@asset(group_name="model")
def baseline(training_data: pd.DataFrame, test_data: pd.DataFrame) -> float:
    """The mean error of always saying the mean: what any model must beat."""
    return float((test_data["target"] - training_data["target"].mean()).abs().mean())


@asset(group_name="model", kinds={"scikit-learn"})
def model(training_data: pd.DataFrame) -> Ridge:
    """A linear model with a penalty."""
    return Ridge(alpha=ALPHA).fit(training_data.drop(columns="target"), training_data["target"])


@asset(group_name="model")
def error(model: Ridge, test_data: pd.DataFrame, baseline: float):
    """The model's mean error on patients that it has not seen."""
    value = mean_absolute_error(test_data["target"], model.predict(test_data.drop(columns="target")))
    return Output(float(value), metadata={"share of baseline": value / baseline})
'''

CHECKS = '''\
"""What must hold."""

import pandas as pd
from tidemill import AssetCheckResult, asset_check


@asset_check(asset="patients", blocking=True)
def no_gaps(patients: pd.DataFrame):
    """Nothing is missing: no model is trained on data with holes."""
    gaps = int(patients.isna().sum().sum())
    return AssetCheckResult(passed=gaps == 0, metadata={"gaps": gaps})


@asset_check(asset="error", additional_deps=["baseline"])
def beats_baseline(context, error: float):
    """The model is better than saying the mean."""
    baseline = context.load_asset_value("baseline")
    return AssetCheckResult(passed=error < baseline, metadata={"error": error, "baseline": baseline})
'''

TEST = '''\
"""Assets are functions: a test calls them, or runs a part of the graph in memory."""

from PACKAGE.definitions import definitions
from PACKAGE.model import baseline
import pandas as pd
from tidemill import materialize_to_memory


def test_the_baseline_is_the_error_of_the_mean():
    table = pd.DataFrame({"target": [1.0, 3.0]})
    assert baseline(table, table) == 1.0


def test_the_model_is_better_than_the_baseline():
    result = materialize_to_memory(definitions.assets)
    assert result.asset_value("error") < result.asset_value("baseline")
'''

FILES = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    ".gitignore": IGNORE,
    "PACKAGE/__init__.py": "",
    "PACKAGE/definitions.py": DEFINITIONS,
    "PACKAGE/data.py": DATA,
    "PACKAGE/model.py": MODEL,
    "PACKAGE/checks.py": CHECKS,
    "tests/test_model.py": TEST,
}


def files_of(name: str, package: str) -> dict[str, str]:
    """The files of a project: path, with slashes → text."""

    def filled(text: str) -> str:
        return text.replace("PACKAGE", package).replace("NAME", name)

    return {filled(path): filled(text) for path, text in FILES.items()}
