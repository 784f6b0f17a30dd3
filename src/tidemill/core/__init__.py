"""What every layer speaks in: keys, records, events, metadata values, errors, clock, settings. No I/O, no user code."""
