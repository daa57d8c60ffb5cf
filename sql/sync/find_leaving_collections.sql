-- Collections of a staging that have left a shared audience, and their tag is known there. Consents in them
-- gave permissions in that audience.
select staged.collection_id
from sync.staged_collection as staged
inner join sync.tag as tag
    on
        tag.list_id = %(list_id)s
        and staged.collection_id = tag.collection_id
        and tag.shared_id is distinct from staged.shared_id
where
    staged.staging_id = %(staging_id)s
    and staged.problem_code is null
    and not staged.is_shared_audience
order by staged.collection_id
