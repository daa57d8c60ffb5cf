"""Triggers: waiting in the triggerer, where it takes no worker slot."""
