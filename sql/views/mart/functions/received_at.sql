-- Mailchimp's lists of recipients carry no times: what is known of a mail tells, as far as it does.
create or replace function mart.received_at(
    campaign stats.campaigns, recipient stats.campaign_recipients, first_event_at timestamptz
) returns timestamptz
language sql stable as $$
    select
        case
            when not campaign.is_ongoing then campaign.counted_at
            when
                recipient.first_seen_at
                <= greatest(campaign.sent_at, recipient.sent_after) + interval '48 hours'
                then least(greatest(campaign.sent_at, recipient.sent_after), first_event_at)
            else first_event_at
        end
$$;
comment on function mart.received_at is
'When a mail was received. A campaign''s time of sending counts for all but campaigns without an end. Of '
'those: the newest look before the recipient was listed, where it was at most two days earlier; else the '
'first thing the recipient did with the mail; else null, for nothing tells.';
