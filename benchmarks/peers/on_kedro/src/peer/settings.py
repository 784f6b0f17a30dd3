"""Nothing differs from what Kedro sets."""
