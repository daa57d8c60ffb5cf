"""Which audience belongs to a collection, and whose it is."""
