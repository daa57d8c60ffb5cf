-- Collections of a staging whose present audience the state does not know, or has not judged since a loss.
-- Mailchimp may show it, and audiences that the collection had before.
select staged.collection_id
from sync.staged_collection as staged
where
    staged.staging_id = %(staging_id)s
    and staged.collection_id = any(%(collection_ids)s::bigint[])
    and case
        when
            not exists (
                select from sync.audience as own
                where own.collection_id = staged.collection_id
            )
            and not exists (
                select from sync.former_audience as former
                where former.collection_id = staged.collection_id
            )
            and not exists (
                select from sync.tag as tag
                where tag.collection_id = staged.collection_id
            )
            then true
        -- Nobody is added for it. When its problem is mended, it is looked for.
        when staged.problem_code is not null then false
        when staged.shared_id is null
            then not exists (
                select from sync.audience as own
                where
                    own.collection_id = staged.collection_id
                    and own.account = %(account)s
                    and own.list_id = coalesce(staged.provider_list_id, own.list_id)
            )
        else not exists (
            select from sync.tag as tag
            where
                tag.collection_id = staged.collection_id
                and tag.shared_id = staged.shared_id
                and tag.left_at is null
                -- A tag of a collection that was away then was found without a search.
                and (tag.tag_id is null or tag.unjudged_since is null)
        )
    end
