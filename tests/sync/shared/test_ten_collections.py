"""Ten collections in one audience, in a plan that allows one audience."""

from __future__ import annotations

import random

from sharing_world import CODE, NAME, audience_of, last_run, tagged, with_status
from sync_world import World

_ELIGIBLE = """
select contact.email
from crm.collection_member as member
inner join crm.contact_collection as collection using (collection_id)
inner join crm.contact as contact using (contact_id)
inner join crm.consent as consent using (contact_id)
where
    collection.code = %s
    and contact.is_active
    and consent.channel = 'email'
    and consent.gdpr_category = 'newsletter'
    and consent.granted
"""


def test_ten_collections_share_the_only_audience(shared: World) -> None:
    shared.sandbox.control("POST", "limits", {"max_audiences": 1})
    chosen = random.Random(13)
    codes = [f"ΣΥΛΛΟΓΗ-{number}" for number in range(10)]
    ids = [shared.collection(code, shared_audience=NAME) for code in codes]
    for number in range(1_200):
        shared.contact(
            f"contact{number}@example.gr",
            *chosen.sample(ids, chosen.randint(1, 4)),
            consent="newsletter" if number % 7 else None,
        )
    shared.calls.reset()

    result = shared.sync()[CODE]

    assert result.state == "succeeded"
    everybody = set()
    changes = 0
    for code in codes:
        expected = {email for (email,) in shared.crm.execute(_ELIGIBLE, (code,))}
        assert tagged(shared, code) == expected
        assert last_run(shared, code)["state"] == "succeeded"
        everybody |= expected
        changes += -(-len(expected) // 500)
    assert with_status(shared, "subscribed") == everybody
    with shared.provider() as provider:
        (audience,) = provider.audiences()
    assert audience.member_count == len(everybody)
    additions = -(-len(everybody) // 500)
    made = result.counts["api_calls"]
    assert made <= changes + additions + 20, "calls of the tags, of the additions, and 20 more"

    shared.calls.reset()
    assert shared.sync()[CODE].counts["unchanged"] == len(everybody)
    assert shared.calls.made
    assert all(call.startswith("GET ") for call in shared.calls.made)
    assert len(shared.calls.made) <= 20
    assert audience_of(shared) == audience.list_id
