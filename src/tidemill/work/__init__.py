"""Work: what becomes of one `StepOrder`, in whatever process it is carried out.

    StepOrder ──▶ worker ─▶ attempt ─▶ inputs (values) ─▶ user's function (calling, context) ─▶ results ──▶ StepFact, …
                                          │                      │
                                       artifacts               logs

Everything comes by value or through a `Bench`. Nothing here opens the database, decides what runs next, or knows
whether it runs in the process that drives the run or in another one.
"""
