-- The audience of each collection, the collections that share it, and how it grew month by month.
select
    used.collection_code,
    used.list_id,
    coalesce(list.name, own.remote_name, shared.remote_name) as name,
    list.web_id,
    list.account,
    shared.collection_code as shared_audience,
    tag.name as tag_name,
    coalesce((
        select array_agg(other.collection_code order by other.collection_code)
        from sync.tag as other
        where other.list_id = used.list_id and other.left_at is null
    ), '{}') as sharing_codes,
    coalesce((
        select array_agg(grown.subscribed order by grown.month)
        from (
            select
                growth.month,
                growth.subscribed
            from stats.audience_growth as growth
            where growth.list_id = used.list_id and growth.subscribed is not null
            order by growth.month desc
            limit 24
        ) as grown
    ), '{}') as subscribed_by_month
from sync.collection_audience as used
left join stats.lists as list on used.list_id = list.list_id
left join sync.audience as own on used.collection_id = own.collection_id
left join sync.audience as shared on used.shared_id = shared.collection_id
left join sync.tag as tag on used.collection_id = tag.collection_id and tag.left_at is null
order by used.collection_code;
