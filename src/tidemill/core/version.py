"""The version of this package: one number for the distribution, the command line and the stores that it writes."""

from __future__ import annotations

__version__ = "0.1.0"
