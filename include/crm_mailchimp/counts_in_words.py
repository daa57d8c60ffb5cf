"""Counts in words."""


def members_in_words(count: int) -> str:
    """``1 member``, ``2 members``."""
    return f"{count} member" if count == 1 else f"{count} members"
