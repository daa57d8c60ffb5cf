"""The error of a database that cannot hold the CRM contract."""

from __future__ import annotations


class ContractError(RuntimeError):
    """The database does not hold, or cannot be given, what the pipeline needs."""
