"""How values become stored bytes and come back: container, pickling, content digest, I/O managers."""
