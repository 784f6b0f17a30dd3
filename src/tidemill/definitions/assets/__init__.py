"""Assets as users get them back: the decorators, and what else makes one."""
