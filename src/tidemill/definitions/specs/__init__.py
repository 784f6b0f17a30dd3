"""What is said of assets, their inputs and outputs, and their checks: frozen values."""
