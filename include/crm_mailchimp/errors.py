"""What errors of all packages have in common, whichever provider they come from."""


class PermanentError(Exception):
    """Trying again does not help: the text says what happened, where, and what to do.

    Attributes:
        is_announced: an alert of its own has informed people.
    """

    is_announced = False


class ProviderError(Exception):
    """The provider refused or failed. The text names no address, name, key or subscriber hash."""


class NotFoundAtProviderError(ProviderError):
    """The provider does not know what was asked for: it was deleted there, or never was."""


class ProviderUnreachableError(ProviderError):
    """Nothing can be asked now, whatever it is about: no connection, no access, or turned away."""
