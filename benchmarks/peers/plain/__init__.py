"""The floor: plain Python that does the work and remembers as much as it must."""
