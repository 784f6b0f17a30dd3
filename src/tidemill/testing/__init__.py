"""What the tests of users' own programs need beyond `materialize` and direct calls."""
