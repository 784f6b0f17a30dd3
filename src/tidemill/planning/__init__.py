"""Planning: what to run, in which order, and what follows from what has happened. Pure functions of values.

    Project ─▶ graph ─▶ selection ─▶ plan ─▶ machine
    (defined)  (needs)  (which)      (steps) (events in, commands out)

`expressions` and `selection_syntax` stand behind `selection`; `validation` checks a project as a whole;
`drawing` shows it in a terminal.
"""
