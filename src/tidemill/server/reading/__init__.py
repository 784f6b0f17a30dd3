"""What the store has, as the API answers it: rows, versions, logs, sizes, words."""
