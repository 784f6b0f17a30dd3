"""Executors: where steps run. Each implements the port of `port.py`, and none imports another.

    driver ──StepOrder──▶ executor ──▶ work.worker (here, or in a process of its own) ──StepFact──▶ driver

`in_process` is a loop; `processes` keeps warm workers. An executor never opens the store and decides nothing about
order, retries or reuse: the run machine does.
"""
