"""What is due goes out whatever else is wrong: withdrawals, complaints, erasures.

Out of the audience of a collection that is blocked, failed, broken or not synced any more, and out
of audiences that were a collection's. Nothing else happens there: nobody is added, nobody leaves
for any other cause, members that are not ours are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.sync import former_audiences, plan
from crm_mailchimp.sync.audiences import KnownAudience
from crm_mailchimp.sync.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.push import Push, RemovalsRefusedError


class DueRemovals:
    """The removals of one collection's run that nothing holds back.

    Args:
        warehouse: holding the collection's lock; committed here.
        collection: a row of ``sync/find_staged_collection``.
        pull_back: brings ``sync.member`` up to date with an audience.
        push_to: opens a push to an audience, judging by a category (None: any refusal counts).
        require_own: refuses an audience that another installation took over.

    Attributes:
        notes: what people should know of it.
        refused: what Mailchimp refused in former audiences; the collection's own does not wait
            for it, the run fails by it in the end.
    """

    def __init__(
        self,
        warehouse: Connection[Any],
        collection: Any,
        *,
        pull_back: Callable[[KnownAudience], None],
        push_to: Callable[[str, str | None], Push],
        require_own: Callable[[str], None],
    ) -> None:
        self._warehouse, self._collection = warehouse, collection
        self._pull_back, self._push_to, self._require_own = pull_back, push_to, require_own
        self.notes: list[str] = []
        self.refused: RemovalsRefusedError | None = None

    def from_own(self, audience: KnownAudience) -> plan.PlanCounts:
        """Out of the collection's audience; returns what was planned."""
        try:
            self._pull_back(audience)
        except NotFoundAtProviderError:
            self.notes.append(f"audience {audience.list_id} is not in Mailchimp any more")
            return {}
        # By the collection's last known category, when it has none now.
        category = self._collection.gdpr_category or audience.gdpr_category
        return self._carry_out(audience.list_id, category)

    def from_former(self) -> None:
        """Out of the audiences that were the collection's, by the categories they had then."""
        for audience in former_audiences.standing(self._warehouse, self._collection.collection_id):
            list_id = audience.list_id
            try:
                self._pull_back(audience)
            except NotFoundAtProviderError:
                former_audiences.note_deleted(self._warehouse, list_id)
                self.notes.append(f"the former audience {list_id} was deleted in Mailchimp")
                continue
            former_audiences.remember_pull(self._warehouse, list_id)
            try:
                planned = self._carry_out(list_id, audience.gdpr_category)
            except RemovalsRefusedError as error:
                self.refused = error
                continue
            if planned:
                self.notes.append(f"former audience {list_id}: {plan.describe(planned)}")

    def _carry_out(self, list_id: str, gdpr_category: str | None) -> plan.PlanCounts:
        planned = plan.make_plan(
            self._warehouse,
            staging_id=self._collection.staging_id,
            collection_id=self._collection.collection_id,
            list_id=list_id,
            gdpr_category=gdpr_category,
            only_due=True,
        )
        if planned and not self._collection.dry_run:
            try:
                self._require_own(list_id)
            except AudienceUnusableError as problem:
                self.notes.append(f"{problem.code}: {problem}")
                return {}
            self._push_to(list_id, gdpr_category).remove(due=True)
        return planned
