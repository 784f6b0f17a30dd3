"""While the package is built: make the page's bundle if its sources changed since it was made last.

Node is asked for only then, as a requirement of this one build; without the npm registry the package is built
without a page, and the server says how to get one. `TIDEMILL_SKIP_UI=1` leaves the bundle as it is,
`TIDEMILL_REQUIRE_UI=1` (for releases) fails where a warning would do otherwise.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


def load() -> ModuleType:
    """`ui/bundle.py`, which is in no package."""
    spec = importlib.util.spec_from_file_location("tidemill_ui_bundle", ROOT / "ui" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls, once for each wheel, editable wheel and source distribution."""

    def dependencies(self) -> list[str]:
        bundle = load()
        return [bundle.NODE_WHEEL] if bundle.Bundle(ROOT).must_build(os.environ) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        bundle = load()
        page = bundle.Bundle(ROOT)
        if not page.must_build(os.environ):
            return
        try:
            page.build()
        except (bundle.BundleError, OSError) as error:
            if bundle.is_set(os.environ, bundle.REQUIRE):
                raise
            self.app.display_warning(f"Tidemill is built without its page: {error} {bundle.HOW_TO_BUILD}")
