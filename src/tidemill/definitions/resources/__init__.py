"""Resources and loggers: the classes, the functions, and the set that a run opens."""
