-- Accounts with audiences that are, or were, a collection's.
select account from sync.audience
union
select account from sync.former_audience
where deleted_at is null
order by account
