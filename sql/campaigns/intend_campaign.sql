-- Committed before the call that creates the campaign. After a lost answer, the next run finds the campaign
-- by its title.
insert into sync.campaign as kept (
    campaign_id, account, campaign_code, collection_code, list_id, tag_id, title, pushed,
    intended_at
)
values (
    %(campaign_id)s, %(account)s, %(campaign_code)s, %(collection_code)s, %(list_id)s, %(tag_id)s, %(title)s,
    %(pushed)s, now()
)
on conflict (campaign_id) do update
    set
        account = excluded.account,
        campaign_code = excluded.campaign_code,
        collection_code = excluded.collection_code,
        list_id = excluded.list_id,
        tag_id = excluded.tag_id,
        title = excluded.title,
        pushed = excluded.pushed,
        intended_at = now(),
        linked_at = null,
        provider_campaign_id = null,
        scheduled_for = null,
        send_called_at = null,
        shelved_at = null,
        status = null,
        emails_sent = null,
        unique_opens = null,
        unique_clicks = null,
        sent_at = null,
        changed_at = now()
