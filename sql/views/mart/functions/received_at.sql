-- Mailchimp's lists of recipients have no times, so the time comes from the facts that we know.
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
'Time at which a member received a mail. It is the campaign''s time of sending, except for campaigns '
'without an end. For those it is the newest look before the recipient was listed, if that was at most two '
'days earlier. Otherwise it is the first thing that the recipient did with the mail. Null if no fact shows '
'it.';
