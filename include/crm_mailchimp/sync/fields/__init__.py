"""Merge fields of an audience, and the values that members get."""
