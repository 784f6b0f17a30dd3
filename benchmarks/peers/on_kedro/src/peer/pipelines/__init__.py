"""One package each."""
