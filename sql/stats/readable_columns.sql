-- Columns of each table or view that a BI login may read. Null means that it may read all of them.
-- Partitions are read through their parent, and only the parent needs rights.
with described as (
    select
        namespace.nspname as schema_name,
        relation.relname as relation_name,
        attribute.attname as column_name,
        attribute.attnum as position,
        attribute.attname ~ '(^|_)extra$'
        or (relation.relname = 'accepted_difference' and attribute.attname = 'accepted_by') as is_hidden
    from pg_class as relation
    inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
    inner join pg_attribute as attribute on relation.oid = attribute.attrelid
    where
        namespace.nspname = any(%(schemas)s)
        and relation.relkind in ('r', 'p', 'v', 'm')
        and not relation.relispartition
        -- Queues, settings and steps of the counting, which views of mart show in an easier form.
        and namespace.nspname || '.' || relation.relname not in (
            'mart.campaign_bot_links', 'mart.campaign_cohort', 'mart.campaign_engagement',
            'mart.campaign_quarter_hours', 'mart.changed_campaign', 'mart.changed_member',
            'mart.contact_limit', 'mart.member_engagement', 'mart.member_frequency',
            'mart.unjudged_campaign', 'stats.bi_login', 'stats.campaign_part', 'stats.expired_engagement',
            'stats.expired_events', 'stats.list_state', 'stats.member_activity_state',
            'stats.named_member', 'stats.report_listing', 'stats.stale_stream', 'stats.stream_gate',
            'stats.stream_state'
        )
        and attribute.attnum > 0
        and not attribute.attisdropped
)

select
    schema_name,
    relation_name,
    case
        when bool_or(is_hidden)
            then array_agg(column_name::text order by position) filter (where not is_hidden)
    end as columns
from described
group by schema_name, relation_name
order by schema_name, relation_name;
