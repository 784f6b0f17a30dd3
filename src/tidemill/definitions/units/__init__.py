"""What every decorator lowers to, and how: signatures, the compute unit, calls outside of a run."""
