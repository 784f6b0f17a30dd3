"""Which frames of a traceback are Tidemill's own."""

from __future__ import annotations

from pathlib import Path

OWN_CODE = str(Path(__file__).parent.parent) + "/"
