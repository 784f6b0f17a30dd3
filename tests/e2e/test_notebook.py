"""In a notebook: results that show themselves, refresh after a cell was edited, and steps in processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernel import Notebook


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Two assets, one of which uses a function and a class of other cells, on a store in the folder."""
    opened = Notebook(tmp_path_factory.mktemp("notebook"))
    opened.run(
        "import os\n"
        "from tidemill import *\n"
        "instance = DagsterInstance.local_temp(os.path.join(os.getcwd(), 'store'))\n"
    )
    opened.run(
        "FACTOR = 2\n"
        "class Model:\n"
        "    def __init__(self, weight): self.weight = weight\n"
        "def scaled(number): return number * FACTOR\n"
    )
    opened.run(
        "@asset\n"
        "def number(context):\n"
        "    context.add_output_metadata({'note': '<b>not bold</b>', 'plot': MetadataValue.md(\n"
        "        '![curve](data:image/png;base64,iVBORw0KGgo=)')})\n"
        "    return 21\n"
        "@asset\n"
        "def model(number): return Model(scaled(number))\n"
        "@asset\n"
        "def where(model): return os.getpid()\n"
    )
    yield opened
    opened.close()


def test_a_result_shows_itself(notebook: Notebook) -> None:
    shown = notebook.result("materialize([number, model], instance=instance)")
    page = shown["text/html"]
    assert "<b>run succeeded</b>" in page
    assert ">number</td>" in page
    assert ">21</td>" in page
    assert "&lt;b&gt;not bold&lt;/b&gt;" in page
    assert '<img alt="curve" src="data:image/png;base64,iVBORw0KGgo="' in page
    assert "ExecuteInProcessResult succeeded" in shown["text/plain"]


def test_a_failed_run_shows_the_frames_of_the_cell(notebook: Notebook) -> None:
    page = notebook.result(
        "@asset\n"
        "def broken():\n"
        "    raise ValueError('no <good>')\n"
        "materialize([broken], raise_on_error=False)\n"
    )["text/html"]
    assert "ValueError: no &lt;good&gt;" in page
    assert "in broken" in page
    assert "tidemill/work" not in page


def test_a_refresh_runs_what_an_edited_cell_reaches(notebook: Notebook) -> None:
    notebook.run("from tidemill import refresh")
    notebook.run("refresh([number, model], instance=instance)")
    assert (
        notebook.value("sorted(refresh([number, model], instance=instance).reused)") == "['model', 'number']"
    )
    notebook.run("FACTOR = 3")
    assert notebook.value("sorted(refresh([number, model], instance=instance).reused)") == "['number']"
    assert notebook.value("instance.load_asset_value('model').weight") == "63"


def test_steps_of_a_notebook_run_in_processes(notebook: Notebook) -> None:
    notebook.run(
        "definitions = Definitions(assets=[number, model, where], executor=multiprocess_executor)\n"
        "job = definitions.get_implicit_global_asset_job_def()\n"
    )
    page = notebook.result("execute_job(job, instance=instance)")["text/html"]
    assert "<b>run succeeded</b>" in page
    assert notebook.value("instance.load_asset_value('where') != os.getpid()") == "True"
    # The class of a cell is the same one here, although another process made the value.
    assert notebook.value("type(instance.load_asset_value('model')).__name__") == "'Model'"


def test_what_no_other_process_can_have_is_refused_by_name(notebook: Notebook) -> None:
    text = notebook.value(
        "import threading\n"
        "lock = threading.Lock()\n"
        "@asset\n"
        "def locked():\n"
        "    with lock: return 1\n"
        "try:\n"
        "    execute_job(Definitions(assets=[locked], executor=multiprocess_executor)"
        ".get_implicit_global_asset_job_def(), instance=instance)\n"
        "except Exception as error:\n"
        "    told = str(error)\n"
        "told"
    )
    assert "exists in this process only" in text
    assert "lock" in text
