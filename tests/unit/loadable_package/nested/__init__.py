"""A package within a package."""
