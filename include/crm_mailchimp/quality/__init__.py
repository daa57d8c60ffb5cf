"""Invariants of a staged run (Great Expectations) and the quarantine."""
