"""Hamilton: a driver over a module of functions, built and run by a script."""
