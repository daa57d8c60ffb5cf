"""The error of everything that brings the warehouse up to date."""

from __future__ import annotations


class MigrationError(Exception):
    """The warehouse cannot be brought up to date; the text says what to do."""
