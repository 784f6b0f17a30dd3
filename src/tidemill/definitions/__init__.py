"""What users write, as frozen values. The modules named here may be imported from the layers above.

    decorators ──lowering──▶ ComputeUnit ──assembly──▶ Project ──▶ planning, execution

`specs`, `results`, `policies`, `partitions`, `jobs` hold the values; `assets`, `checks`, `definitions` what
users are given back; `unit` and `project` what the layers above read. Nothing is imported: `@asset` is quick.
"""
