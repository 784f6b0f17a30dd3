"""Execution: prepares a run, carries out the run machine's commands, and records what happens.

launch ──▶ driver ⇄ RunMachine            driver ──StepOrder──▶ executor ──▶ worker ──▶ user's function
             │  ▲                                                              │
          store  └──────────────── started, materialized, …, succeeded ◀───────┘
"""
