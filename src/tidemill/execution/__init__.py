"""Execution: carries out the run machine's commands, and runs one step at a time in a worker.

launch ──▶ driver ⇄ RunMachine            driver ──StepOrder──▶ executor ──▶ worker ──▶ user's function
             │  ▲                                                              │
          store  └──────────────── started, materialized, …, succeeded ◀───────┘
"""
