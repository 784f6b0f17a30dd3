"""The command line: one module a command, imported only when it is run. Builds settings, opens the store."""
