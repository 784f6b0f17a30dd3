"""A module with two `Definitions` objects, which is one too many."""

from __future__ import annotations

from tidemill.definitions.definitions import Definitions

first = Definitions()

second: Definitions = Definitions()
