"""Asset checks: the decorators, and factories of common ones."""
