"""Tidemill beside other tools, each in an environment of its own: `make bench-peers`.

run ──▶ tools: a command line for each tool and workload ──▶ child processes, in turn ──▶ table, results/
                                                                │
                      on_dagster, on_kedro, … : the same work ◀─┘
"""
