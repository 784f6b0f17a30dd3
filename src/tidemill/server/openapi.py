"""The OpenAPI document, from which the page's client is made: `python -m tidemill.server.openapi` writes it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tidemill.server.app import bare_app

FILE = Path(__file__).with_name("openapi.json")


def document() -> str:
    """The document as it is checked in: without the version of Tidemill, which changes for other reasons."""
    told = bare_app().openapi()
    told["info"]["version"] = "1"
    return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    target.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{target}\n")
