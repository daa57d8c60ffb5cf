"""What all errors of this package that a person has to deal with have in common."""


class PermanentError(Exception):
    """Trying again does not help: the text says what happened, where, and what to do."""
