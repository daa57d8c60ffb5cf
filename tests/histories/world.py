"""A CRM, a warehouse and a Mailchimp account in which stories happen; the whole pipeline runs."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT, Accounts, AccountUnusableError
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.errors import MailchimpError
from crm_mailchimp.provider import AudienceSettings
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.collection_sync import CollectionResult, sync_collection
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from crm_mailchimp.sync_commands import main as sync_command
from histories import crm_rules, people
from histories.book import Book
from histories.judge import owner
from histories.mailchimp_memory import Change, subscriber_hash
from histories.people import Cast, Person

#: The guard against many removals is not what stories are about; ``guarded`` syncs keep it.
NO_GUARD = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
#: What the code of a shared audience begins with.
SHARED = "shared"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SETTINGS = AudienceSettings(
    name="Με το χέρι", company="Γαλαξίας", address1="Ερμού 1", city="Αθήνα", country="GR",
    from_name="Γαλαξίας", from_email="news@galaxy.gr", language="el", zip="10563",
    permission_reminder="Το ζητήσατε.", subject="Νέα",
)  # fmt: skip
_CRM = """
alter table crm.contact_collection add column if not exists shared_audience text;
alter table crm.external_provider add column if not exists kind text;
alter table crm.consent drop constraint if exists consent_channel_check;
alter table crm.consent drop constraint if exists consent_gdpr_category_check;
insert into crm.external_provider (
    code, connection_id, company, address1, city, zip, country, from_name, from_email, subject,
    language, permission_reminder
) values (
    'mailchimp', 'mailchimp_default', 'Γαλαξίας', 'Ερμού 1', 'Αθήνα', '10563', 'GR', 'Γαλαξίας',
    'news@galaxy.gr', 'Νέα', 'el', 'Το ζητήσατε.'
);
insert into crm.campaign_type (code, description, gdpr_category)
select upper(kind), kind, kind from unnest(array['newsletter', 'offer', 'unclassified']) as kind;
insert into crm.resource (resource_id, name) values (1, 'Αλεξάνδρα');
"""
#: Of each account beside the usual one: code and connection.
_PROVIDER = """
insert into crm.external_provider (
    code, kind, connection_id, company, address1, city, zip, country, from_name, from_email,
    subject, language, permission_reminder
)
select %s, 'mailchimp', %s, company, address1, city, zip, country, from_name,
    from_email, subject, language, permission_reminder
from crm.external_provider
where code = 'mailchimp'
"""
#: What the warehouse's backup holds: all the rest of ``sync`` may get lost.
KEPT = ("suppression", "suppression_key", "installation", "reason", "erased_subscriber")


class HistoryError(AssertionError):
    """A history cannot go on: the pipeline stopped without a reason."""


@dataclass
class Collection:
    """A collection of the CRM; ``key`` is what the book calls it, whatever its id and code.

    Attributes:
        wish: the audience that the CRM names.
        list_id: the one that its last sync used; ``former``: those before.
        becomes: what a person says of it when it comes back under a new id: same or new.
        shares: the shared audience that the CRM names.
        provider: the CRM's row that names the account.
    """

    key: str
    collection_id: int
    code: str
    category: str
    wish: str | None = None
    list_id: str | None = None
    former: set[str] = field(default_factory=set)
    becomes: str = ""
    shares: str | None = None
    provider: str = "mailchimp"

    @property
    def tag_name(self) -> str:
        """What its tag in a shared audience is called."""
        return f"Συλλογή {self.key} ({self.code})"


@dataclass
class Trouble:
    """What disturbs one sync.

    Attributes:
        order: rotates the order in which collections are synced.
        lose: loses the answer of the so-and-so-many-th write of one collection's run; ``reads``
            are counted too.
        how: die (the task dies of it) or again (the client asks twice).
        rerun: whether the dead task is cleared at once, with the staging it had.
        guarded: the guard against many removals is on.
    """

    order: int = 0
    lose: int = 0
    reads: bool = False
    victim: int = 0
    how: str = "die"
    rerun: bool = False
    full_refresh: bool = False
    guarded: bool = False


class TagsShown:
    """Who carries a tag as far as the pipeline knows: it gave the tag, or was shown it."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str, str]] = set()

    def saw(self, list_id: str, key: str, hashes: Iterable[str]) -> None:
        self._held |= {(list_id, key, each) for each in hashes}

    def discard_one(self, list_id: str, key: str, hash_: str) -> bool:
        """Forget a member; whether the pipeline knew it."""
        was_held = (list_id, key, hash_) in self._held
        self._held.discard((list_id, key, hash_))
        return was_held

    def rename(self, list_id: str, before: str, after: str) -> None:
        """A member has another hash."""
        self._held = {
            (place[0], place[1], after) if (place[0], place[2]) == (list_id, before) else place
            for place in self._held
        }

    def clear(self, list_id: str, key: str) -> None:
        """Nobody carries a tag any more."""
        self._held = {place for place in self._held if place[:2] != (list_id, key)}


class World:
    """Everything that a history needs. ``log`` says in words what happened to all."""

    def __init__(self, crm_dsn: str, warehouse_dsn: str, side: Any, casts: Sequence[Cast]) -> None:
        self.crm_dsn, self.warehouse_dsn, self.side = crm_dsn, warehouse_dsn, side
        self.crm = open_session(crm_dsn, autocommit=True)
        self.crm.execute(_CRM)
        for provider, connection in side.connections.items():
            if connection != DEFAULT_ACCOUNT:
                self.crm.execute(_PROVIDER, (provider, connection))
        self.warehouse = open_session(warehouse_dsn, autocommit=True)
        # The pipeline's own, opened once: a task in Airflow opens one for each step.
        self.crm_snapshot = open_session(crm_dsn)
        self.pipeline = open_session(warehouse_dsn)
        self.casts = list(casts)
        self.books = {cast: Book(cast) for cast in self.casts}
        self.dirty: set[Cast] = set(self.casts)
        self.collections: list[Collection] = []
        #: Audiences that somebody filled in Mailchimp, collections that are switched off, and
        #: audiences that somebody deleted.
        self.by_hand: list[str] = []
        self.inactive: set[str] = set()
        self.deleted: set[str] = set()
        #: Collections without a campaign type; shared audiences by the code under which they are
        #: synced, and all that ever were shared; tags that somebody renamed in Mailchimp.
        self.broken: set[str] = set()
        self.shared_lists: dict[str, str] = {}
        #: By the same code, these audiences and those before.
        self.shared_before: dict[str, set[str]] = {}
        #: The connection of each provider of the CRM.
        self.connections: dict[str, str] = side.connections
        self.ever_shared: set[str] = set()
        self.renamed_tags: dict[tuple[str, str], str] = {}
        self.tags_shown = TagsShown()
        #: Whether the last sync ended well for every collection.
        self.is_settled = False
        #: Makes the empty warehouse of a second installation.
        self.second_dsn: Callable[[], str] | None = None
        #: Runs so far, and how many there were when the ledger was lost.
        self.stages, self.lost_in = 0, -1
        #: The present run's moment: what the CRM says later is news of the next one.
        self.staged_at = datetime.now(UTC)
        self.stagings: list[int] = []
        self.log: list[str] = []
        self.happened: Counter[str] = Counter()
        self._last_moment = datetime.now(UTC)
        self._place: dict[str, Cast] = {}
        self._steady = 0
        side.line.saw, side.line.missed = self._saw, self._missed
        side.line.saw_tag = self._saw_tag
        side.line.gave_tag, side.line.takes_tag = self._gave_tag, self._takes_tag

    def close(self) -> None:
        for connection in (self.crm, self.warehouse, self.crm_snapshot, self.pipeline):
            connection.close()

    def tell(self, words: str) -> None:
        self.log.append(words)

    def moment(self) -> datetime:
        """The present time, later than every moment before."""
        self._last_moment = max(datetime.now(UTC), self._last_moment + timedelta(microseconds=1))
        return self._last_moment

    # ---- the CRM

    def add_collection(
        self,
        key: str,
        category: str,
        wish: str | None = None,
        shares: str | None = None,
        provider: str = "mailchimp",
    ) -> Collection:
        number = len(self.collections) + 1
        made = Collection(key, number, key, category, wish, shares=shares, provider=provider)
        self.collections.append(made)
        self._insert_collection(made)
        # People with quiet lives keep every collection from being empty.
        for _ in range(3):
            self._steady += 1
            number = 900_000_000 + self._steady
            self.crm.execute(
                "insert into crm.contact (contact_id, email, updated_at) values (%s, %s, now())",
                (number, f"steady{number}@steady.gr"),
            )
            self.crm.execute(
                "insert into crm.collection_member (collection_id, contact_id) values (%s, %s)",
                (made.collection_id, number),
            )
            for position, kind in enumerate(("newsletter", "offer")):
                self.crm.execute(
                    "insert into crm.consent (consent_id, contact_id, channel, gdpr_category,"
                    " granted, effective_at) values (%s, %s, 'email', %s, true, %s)",
                    (number * 2 + position, number, kind, LONG_AGO),
                )
        return made

    def _insert_collection(self, one: Collection) -> None:
        self.crm.execute(
            "insert into crm.contact_collection (collection_id, code, description, owner_id,"
            " external_provider, campaign_type, use_provider_defaults, provider_list_id,"
            " shared_audience) values (%s, %s, %s, 1, %s, %s, true, %s, %s)",
            (one.collection_id, one.code, f"Συλλογή {one.key}", one.provider,
             one.category.upper(), one.wish, one.shares),
        )  # fmt: skip

    def change_collection(self, one: Collection, **columns: Any) -> None:
        for name, value in columns.items():
            self.crm.execute(
                f"update crm.contact_collection set {name} = %s where collection_id = %s",
                (value, one.collection_id),
            )

    def recreate_collection(self, one: Collection) -> None:
        """The same code under a new id; its members come along."""
        old = one.collection_id
        self.crm.execute("delete from crm.contact_collection where collection_id = %s", (old,))
        one.collection_id = old + 100
        self._insert_collection(one)
        self.crm.execute(
            "update crm.collection_member set collection_id = %s where collection_id = %s",
            (one.collection_id, old),
        )

    def write_people(self) -> None:
        if not self.dirty:
            return
        ids = {one.key: one.collection_id for one in self.collections}
        people.write(self.crm, self.dirty, ids)
        self.dirty.clear()

    # ---- who is who

    def cast_at(self, address: str) -> Cast | None:
        """The story that an address belongs to; its domain says so."""
        cast = self._place.get(address)
        if cast is None and not self._place:
            self._place = {f"@s{one.number}.gr": one for one in self.casts}
        return cast or self._place.get(address[address.find("@") :])

    def users(self, list_id: str) -> set[str]:
        return {one.key for one in self.collections if one.list_id == list_id}

    def synced_by(self, code: str) -> list[Collection]:
        """The collections that a code of a staging covers."""
        if code.startswith(SHARED):
            active = [one for one in self.collections if one.key not in self.inactive]
            return [one for one in active if one.shares and self.code_of(one) == code]
        return [one for one in self.collections if one.code == code and not one.shares]

    def code_of(self, one: Collection) -> str:
        """The code under which a collection is synced."""
        if not one.shares:
            return one.code
        account = self.connections[one.provider]
        return f"{SHARED}{':' if account == DEFAULT_ACCOUNT else f'@{account}:'}{one.shares}"

    def is_in_other_account(self, one: Collection) -> bool:
        """Whether the audience of a collection is in another account than the CRM names."""
        found = self.side.connection_of(one.list_id) if one.list_id else None
        return found not in (None, self.connections[one.provider])

    def sharers(self, one: Collection) -> list[Collection]:
        """All collections of a collection's audience."""
        return [each for each in self.collections if each.list_id == one.list_id]

    def present_tag(self, one: Collection, list_id: str) -> str | None:
        """What the tag of a collection is called in its audience now; None: there is none."""
        tags = self.side.tags(list_id)
        names = (one.tag_name, self.renamed_tags.get((list_id, one.key), ""))
        return next((name for name in names if name in tags), None)

    def former_users(self, list_id: str) -> set[str]:
        return {one.key for one in self.collections if list_id in one.former}

    def _saw(self, list_id: str, member: Any) -> None:
        cast = self.cast_at(member.address)
        if cast is not None:
            users = self.users(list_id)
            self.books[cast].saw(list_id, member.address, member.status, owner(cast, member), users)

    def _missed(self, list_id: str, key: str, _request: str) -> None:
        for cast in self.casts:
            for one in self.books[cast].refusals:
                if one.list_id == list_id and one.kind == "forgotten" and not one.is_known:
                    for address in one.addresses:
                        if key == subscriber_hash(address):
                            self.books[cast].missed(list_id, address, self.users(list_id))

    def _saw_tag(self, list_id: str, name: str, carrying: Iterable[str]) -> None:
        """The pipeline is shown who carries a tag."""
        carrying = {*carrying}
        for one in self._with_tag(list_id, name):
            hidden = {
                each.address
                for each in self.side.members(list_id)
                if each.status in ("archived", "pending")
            }
            self.tags_shown.saw(list_id, one.key, map(subscriber_hash, carrying))
            for book in self.books.values():
                book.saw_tag(list_id, one.key, carrying, hidden)

    def _gave_tag(self, list_id: str, name: str, hashes: Iterable[str]) -> None:
        for one in self._with_tag(list_id, name):
            self.tags_shown.saw(list_id, one.key, hashes)

    def _takes_tag(self, list_id: str, name: str, hashes: Sequence[str]) -> None:
        for one in self._with_tag(list_id, name):
            for each in hashes:
                self.tags_shown.discard_one(list_id, one.key, each)
            for book in self.books.values():
                book.we_take_tag(list_id, one.key, hashes)

    def _with_tag(self, list_id: str, name: str) -> list[Collection]:
        """The collection whose tag in an audience has this name now."""
        return [
            one
            for one in self.collections
            if name in (one.tag_name, self.renamed_tags.get((list_id, one.key)))
            # A spare name: the pipeline makes the tag under it.
            or name.rpartition(" #")[0] == one.code
        ]

    def note_changes(self) -> None:
        """Write what the pipeline itself changed in Mailchimp into the books."""
        for change in self.side.drain():
            cast = self.cast_at(change.address)
            if cast is not None and change.by == "us":
                self._note_change(cast, change)

    def _note_change(self, cast: Cast, change: Change) -> None:
        member = self.side.member(change.list_id, change.address)
        own = owner(cast, member) if member else None
        users = self.users(change.list_id)
        former = self.former_users(change.list_id)
        clock = self.staged_at
        categories = {
            one.category
            for one in self.collections
            if one.key in users | former and crm_rules.asks_for_consent(one.category)
        }
        by_own = own is not None and any(
            crm_rules.has_withdrawn(cast, own, category, clock) for category in categories
        )
        by_any = any(
            crm_rules.is_refused(cast, change.address, category, clock) for category in categories
        )
        self.books[cast].we_changed(
            change, own, users, former, is_withdrawn=by_own or by_any, is_own=by_own
        )

    # ---- the pipeline

    def let_a_week_pass(self) -> None:
        """The next sync lists every audience in full: that alone shows deletions."""
        self.warehouse.execute(
            "update sync.audience set fully_listed_at = now() - interval '8 days'"
        )

    def sync(
        self,
        trouble: Trouble | None = None,
        *,
        staged: Callable[[], object] = lambda: None,
        before: Callable[[str, Collection], object] = lambda request, one: None,
    ) -> dict[str, CollectionResult]:
        """Stage, and sync every collection; trouble may let some of them die.

        Args:
            staged: happens right after the staging.
            before: happens right before each request, with its name and the collection.
        """
        trouble = trouble or Trouble()
        self.write_people()
        staging_id = self.stage(full_refresh=trouble.full_refresh)
        staged()
        self.write_people()
        results = {}
        codes = codes_to_sync(self.pipeline, staging_id)
        self.pipeline.commit()
        turn = trouble.order % max(len(codes), 1)
        for code in codes[turn:] + codes[:turn]:
            found = self.synced_by(code)
            lose = trouble.lose if self._victim(trouble) in found else 0
            result = self._push(staging_id, code, found, before, lose, trouble)
            if result is None:
                continue
            if not code.startswith(SHARED) or result.state != "succeeded":
                results[code] = result
            else:
                results |= {one.code: self._part(staging_id, one, result) for one in found}
        return results

    def _part(self, staging_id: int, one: Collection, whole: CollectionResult) -> CollectionResult:
        """How a collection of a shared audience ended."""
        (row,) = self.warehouse.execute(
            "select ended.state, ended.detail from sync.collection_run as ended"
            " inner join sync.staging_run as staged on ended.run_id = staged.run_id"
            " where staged.staging_id = %s and ended.collection_code = %s",
            (staging_id, one.code),
        ).fetchall()
        return replace(whole, collection_code=one.code, state=row[0], detail=row[1])

    def _victim(self, trouble: Trouble) -> Collection | None:
        return self.collections[trouble.victim % len(self.collections)] if trouble.lose else None

    def stage(self, **options: Any) -> int:
        self.stages, self.staged_at = self.stages + 1, self.moment()
        synced = {one.key for one in self.collections if one.key not in self.inactive}
        for book in self.books.values():
            book.look_at_crm(synced)
        run_id = f"run-{self.stages}"
        staging_id = stage(self.pipeline, self.crm_snapshot, None, run_id=run_id, **options)
        self.stagings.append(staging_id)
        return staging_id

    def _push(
        self,
        staging_id: int,
        code: str,
        ones: Sequence[Collection],
        before: Callable[[str, Collection], object],
        lose: int,
        trouble: Trouble,
    ) -> CollectionResult | None:
        one = ones[0] if ones else None
        self._listen(one, before, lose, trouble)
        try:
            result = self.push(staging_id, code, guarded=trouble.guarded)
            # One member or former audience failed, and the run went on: the same is done about it.
            _require_alive(result, dies=bool(lose) and trouble.how == "die")
        except MailchimpError:
            self.happened["a task died"] += 1
            self._listen(one, before, 0, trouble)
            if not trouble.rerun:
                self._use_what_they_took(ones)
                return None
            result = self.push(staging_id, code, guarded=trouble.guarded)
        finally:
            self._listen(None, before, 0, trouble)
            self.note_changes()
        is_synced = result.state == "succeeded" and not (result.detail or "").startswith("inactive")
        if code.startswith(SHARED):
            self._use_what_they_took(ones)
            self._leave_what_they_left(code)
        elif one is not None and is_synced and result.list_id:
            self.use(one, result.list_id)
        if ones and is_synced and result.list_id:
            for book in self.books.values():
                book.look_at_audience(result.list_id)
        return result

    def _use_what_they_took(self, ones: Sequence[Collection]) -> None:
        """A task that died may have taken an audience into use."""
        for one in ones:
            row = self.warehouse.execute(
                "select list_id from sync.tag where collection_id = %(id)s and left_at is null"
                if one.shares
                else "select list_id from sync.audience where collection_id = %(id)s",
                {"id": one.collection_id},
            ).fetchone()
            if row and row[0] != one.list_id and row[0] != self._left(one):
                self.use(one, row[0])
            elif row is None and one.list_id is not None and self._has_left(one):
                # The audience that it was to share could not be used afterwards.
                one.former.add(one.list_id)
                one.list_id = None

    def _leave_what_they_left(self, code: str) -> None:
        """A shared audience's run lets collections go that the CRM has elsewhere.

        That may be long before these are synced themselves: they may be without a campaign type.
        Until a run has succeeded elsewhere, what people refuse here holds for them.
        After a loss of the ledger nothing may connect them with the audience any more.
        """
        for one in self.collections:
            if self.code_of(one) == code or one.list_id not in self.ever_shared:
                continue
            (row,) = self.warehouse.execute(
                "select bool_or(left_at is null or arrived_at is null), count(*) from sync.tag"
                " where collection_id = %s and list_id = %s",
                (one.collection_id, one.list_id),
            ).fetchall()
            if not row[0] and (row[1] or self.lost_in >= 0):
                one.former.add(one.list_id or "")
                one.list_id = None

    def _has_left(self, one: Collection) -> bool:
        """Whether a run took a collection from its own audience, which is to share another one."""
        found = self.warehouse.execute(
            "select from sync.former_audience where collection_id = %s and list_id = %s",
            (one.collection_id, one.list_id),
        )
        return bool(one.shares) and found.rowcount > 0

    def _left(self, one: Collection) -> str | None:
        """The audience that a collection still has by the ledger, though the CRM says otherwise."""
        known = self.shared_lists.get(self.code_of(one)) if one.shares else one.list_id
        return one.list_id if known != one.list_id else None

    def is_known(self, code: str) -> bool:
        """Whether a sync has found this code."""
        found = self.warehouse.execute(
            "select from sync.audience where collection_code = %(code)s"
            " union all select from sync.tag where collection_code = %(code)s and left_at is null",
            {"code": code},
        )
        return found.rowcount > 0

    def use(self, one: Collection, list_id: str) -> None:
        """A collection's sync used this audience."""
        if one.wish and list_id != one.wish:
            raise HistoryError(f"{one.key} uses {list_id}, though the CRM names {one.wish}")
        if one.shares:
            expected = self.shared_lists.setdefault(self.code_of(one), list_id)
            self.ever_shared.add(list_id)
        else:
            moves = one.list_id in self.ever_shared or self.is_in_other_account(one)
            expected = None if moves else one.list_id
        if not one.wish and expected not in (None, list_id):
            raise HistoryError(f"{one.key} uses {list_id}, though it has {expected}")
        self.shared_lists = {
            code: each for code, each in self.shared_lists.items() if each != list_id
        }
        if one.shares:
            self.shared_lists[self.code_of(one)] = list_id
            earlier = self.shared_before.setdefault(self.code_of(one), set())
            for each in earlier:
                for book in self.books.values():
                    book.may_take(each, one.key)
            earlier.add(list_id)
        if one.list_id != list_id:
            if one.list_id is not None:
                one.former.add(one.list_id)
            one.list_id = list_id
            one.former.discard(list_id)
            for book in self.books.values():
                book.take(list_id, one.key)

    def _listen(
        self,
        one: Collection | None,
        before: Callable[[str, Collection], object],
        lose: int,
        trouble: Trouble,
    ) -> None:
        """Set what happens between the requests of one collection's run, and which is lost."""
        line = self.side.line
        left = [lose]

        def happen(request: str, list_id: str) -> None:
            if one is not None:
                self.note_changes()
                before(request, one)
                self.write_people()

        def is_lost(request: str, list_id: str) -> str | None:
            if one is None or not (trouble.reads or line.is_write(request)):
                return None
            left[0] -= 1
            return trouble.how if left[0] == 0 else None

        line.before, line.loses = happen, is_lost

    def accounts(self) -> Accounts[Any]:
        """The clients of all accounts, opened when they are needed."""

        def open_client(account: str, wait_seconds: float | None) -> AbstractContextManager[Any]:
            if account not in self.connections.values():
                raise AccountUnusableError(f"connection {account} is not defined")
            return self.side.provider(account)  # type: ignore[no-any-return]

        return Accounts(open_client)

    def push(self, staging_id: int, code: str, *, guarded: bool = False) -> CollectionResult:
        try:
            with self.accounts() as accounts:
                return sync_collection(
                    self.pipeline,
                    self.crm,
                    accounts,
                    staging_id=staging_id,
                    collection_code=code,
                    options=None if guarded else NO_GUARD,
                )
        finally:
            self.pipeline.rollback()

    def command(self, *words: str) -> str:
        """A command of a person: ``python -m crm_mailchimp.sync …``."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = sync_command([*words, "--dsn", self.warehouse_dsn])
        if code != 0:
            raise HistoryError(f"sync {' '.join(words)}: {err.getvalue()}")
        self.tell(f"a person runs sync {' '.join(words)}")
        return out.getvalue()

    def erase(self) -> None:
        """Everybody who asked is erased, and their books with them."""
        self.write_people()
        with self.accounts() as accounts, open_session(self.crm_dsn) as crm:
            erase_contacts(self.pipeline, crm, accounts, run_id=f"erase-{self.stages}")
        self.side.drain()
        for cast, book in self.books.items():
            asked = {
                other
                for one in cast.people
                if one.is_in_crm and one.erasure_asked_at is not None
                for other in cast.behind(one)
                if other.is_in_crm
            }
            if asked:
                book.erase(asked)

    def forget(self) -> None:
        """The warehouse loses all of ``sync`` but what is backed up together."""
        rows = self.warehouse.execute(
            "select format('%%I.%%I', schemaname, tablename) from pg_tables"
            " where schemaname = 'sync' and not tablename = any(%s)",
            (list(KEPT),),
        ).fetchall()
        self.warehouse.execute(f"truncate {', '.join(row[0] for row in rows)}")
        self.stagings.clear()
        self.tags_shown = TagsShown()
        self.lost_in = self.stages
        lists = {one.list_id for one in self.collections} | {
            each for one in self.collections for each in one.former
        }
        for one in self.collections:
            moves = one.shares or one.list_id in self.ever_shared
            if one.list_id and (
                one.list_id in self.deleted
                or self.is_in_other_account(one)
                or one.wish not in (None, one.list_id)
                or (moves and one.list_id != self.shared_lists.get(self.code_of(one)))
            ):
                # The CRM names another one: perhaps nothing connects the collection with this one.
                one.former.add(one.list_id)
                one.list_id = None
        self.shared_lists = {
            name: each for name, each in self.shared_lists.items() if each not in self.deleted
        }
        looks: dict[Cast, list[Any]] = {cast: [] for cast in self.casts}
        for list_id in lists - {None}:
            for member in self.side.members(list_id):
                cast = self.cast_at(member.address)
                if cast is not None:
                    looks[cast].append(
                        (list_id, member.address, member.status, owner(cast, member))
                    )
        for cast, rows in looks.items():
            self.books[cast].lose_ledger(rows)
            for one in self.collections:
                for list_id, address, own in self._untagged(one, rows):
                    self.books[cast].lose_tag_at_loss(list_id, address, own, one.key)

    def _untagged(
        self, one: Collection, members: Iterable[tuple[str, str, str, Person | None]]
    ) -> Iterator[tuple[str, str, Person | None]]:
        """Audience, address and person of members that are without a collection's tag."""
        if one.list_id is None or not one.shares:
            return
        tag = self.present_tag(one, one.list_id)
        carrying = self.side.tags(one.list_id).get(tag or "", set())
        for list_id, address, status, own in members:
            if (list_id, status) == (one.list_id, "subscribed") and address not in carrying:
                yield list_id, address, own


def _require_alive(result: CollectionResult, *, dies: bool) -> None:
    if dies and result.state == "failed":
        raise MailchimpError(result.detail or "")
