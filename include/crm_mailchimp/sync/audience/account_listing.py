"""The audiences of an account with their merge fields, each asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from crm_mailchimp.provider import Audience, AudienceProvider, MergeField
from crm_mailchimp.tag_provider import Tag


class AccountListing:
    """What one run saw of an account; it is as old as the first question.

    Args:
        provider: the account's client.
    """

    def __init__(self, provider: AudienceProvider) -> None:
        self._provider = provider
        self._fields: dict[str, list[MergeField]] = {}

    @cached_property
    def audiences(self) -> Sequence[Audience]:
        """All audiences of the account.

        Raises:
            ProviderError: as for ``AudienceProvider.audiences``.
        """
        return list(self._provider.audiences())

    def merge_fields(self, list_id: str) -> list[MergeField]:
        """The merge fields of an audience.

        Raises:
            ProviderError: as for ``AudienceProvider.merge_fields``.
        """
        if list_id not in self._fields:
            self._fields[list_id] = self._provider.merge_fields(list_id)
        return self._fields[list_id]

    def tags(self, list_id: str) -> list[Tag]:
        """The tags of an audience.

        Raises:
            ProviderError: as for ``TagProvider.tags``.
        """
        return list(self._provider.tags(list_id))
