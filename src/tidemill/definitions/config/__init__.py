"""Classes of config, and how raw config becomes an instance of one; all problems at once."""
