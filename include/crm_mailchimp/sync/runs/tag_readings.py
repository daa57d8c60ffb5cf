"""A tag's members are read before a person gets it who may have had it at another member.

Somebody may have taken it there by hand, and given it to another one. Then its count says nothing.
"""

from __future__ import annotations

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.shared_parts import CollectionPart


def read_before_giving(
    run: CollectionRun, part: CollectionPart, list_id: str | None, read: set[int]
) -> bool:
    """Read the members of a collection's tag, if its plan asks for it; commits.

    If Mailchimp fails to show them, nobody gets the tag in this run, and the others go on.

    Args:
        run: of the shared audience.
        part: the collection, as it is planned now.
        list_id: the shared audience; None: there is none yet.
        read: ids of the tags whose members this run has read. The collection's is added.

    Returns:
        whether they were read, or held back: the collection has to be planned again.
    """
    collection_id = part.collection.collection_id
    if list_id is None or not member_plan.planned(part.planned, "tag"):
        return False
    tag = tags.find_tag(run.warehouse, collection_id)
    if tag is None or tag.tag_id is None or tag.tag_id in read:
        run.warehouse.commit()
        return False
    must_read = tags.must_read(run.warehouse, tag, part.collection.staging_id)
    run.warehouse.commit()
    if not must_read:
        return False
    read.add(tag.tag_id)
    try:
        part.note_found(tags.read_members(run.warehouse, run.provider, tag, tag.tag_id), list_id)
        run.watch.note_answer()
    except ProviderError as error:
        run.warehouse.rollback()
        run.watch.note_failure(error, collection_id)
        part.failed.append(error)
        part.is_held_back = True
    return True
