-- What is known in one account is known in another one. Both names lead to the same Mailchimp account.
with audiences as (
    update sync.audience set account = %(new)s
    where account = %(old)s
    returning list_id
),

former as (
    update sync.former_audience set account = %(new)s
    where account = %(old)s
    returning list_id
),

destinations as (
    update sync.former_audience set moved_to = %(new)s
    where moved_to = %(old)s and account <> %(old)s
),

members as (
    update sync.member set account = %(new)s
    where account = %(old)s
),

runs as (
    update sync.collection_run
    set
        account = case when account = %(old)s then %(new)s else account end,
        calls_elsewhere = case
            -- It is the run's own account now.
            when account in (%(old)s, %(new)s) then calls_elsewhere - %(old)s::text - %(new)s::text
            else
                calls_elsewhere - %(old)s::text || jsonb_build_object(
                    %(new)s::text,
                    (calls_elsewhere ->> %(old)s)::integer
                    + coalesce((calls_elsewhere ->> %(new)s)::integer, 0)
                )
        end
    where account = %(old)s or calls_elsewhere -> %(old)s is not null
),

planned as (
    update sync.campaign set account = %(new)s
    where account = %(old)s
),

defaults as (
    update sync.provider_default set account = %(new)s
    where account = %(old)s
),

lists as (
    update stats.lists set account = %(new)s
    where account = %(old)s
),

campaigns as (
    update stats.campaigns set account = %(new)s
    where account = %(old)s
),

looks as (
    update stats.report_listing as listing set account = %(new)s
    where
        listing.account = %(old)s
        and not exists (
            select from stats.report_listing as other
            where other.account = %(new)s and other.began_at = listing.began_at
        )
)

select (select count(*) from audiences) + (select count(*) from former) as audiences
