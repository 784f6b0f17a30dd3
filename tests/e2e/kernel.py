"""A notebook's kernel, which tests type cells into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat


class Notebook:
    """A kernel that runs cells one after the other, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._document = nbformat.v4.new_notebook()
        self._client = nbclient.NotebookClient(
            self._document, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        self._manager = self._client.setup_kernel()
        self._manager.__enter__()

    def run(self, source: str) -> list[Any]:
        """The outputs of a cell; an error in it is raised."""
        self._document.cells.append(nbformat.v4.new_code_cell(source))
        number = len(self._document.cells) - 1
        return list(self._client.execute_cell(self._document.cells[number], number)["outputs"])

    def printed(self, source: str) -> str:
        """What a cell prints, and what its last expression shows, as text."""
        outputs = self.run(source)
        return "".join(each.get("text") or each["data"].get("text/plain", "") + "\n" for each in outputs)

    def result(self, source: str) -> Any:
        """What the last expression of a cell shows, by kind."""
        return self.run(source)[-1]["data"]

    def value(self, expression: str) -> str:
        """An expression's value, as text."""
        return str(self.result(expression)["text/plain"])

    def close(self) -> None:
        self._manager.__exit__(None, None, None)
