-- What ends a refusal, in the words of the quarantine, and which consent row cannot be read.

update sync.reason
set
    what_to_do
    = case reason_code
        when 'suppressed_forgotten' then 'After an erasure: nothing. Else it ends '
        else 'It ends '
    end
    || 'when Mailchimp shows the address that refused subscribed again in that audience. '
    || 'It may be an earlier address of the person. The command explain names the audience. '
    || 'Only the person should subscribe again there. A new consent in the CRM does not end it.'
where reason_code in (
    'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed', 'suppressed_compliance',
    'suppressed_archived'
);
update sync.reason
set what_to_do = 'Correct the consent row that the detail names in crm.consent, or the view that maps it.'
where reason_code = 'unreadable_consent';

alter table staging.consent add column unreadable_detail text;
comment on column staging.consent.unreadable_detail is
'The first consent row that cannot be read, and its column; never the value. Null if all can be read.';
alter table staging.refusal add column unreadable_detail text;
comment on column staging.refusal.unreadable_detail is
'The first consent row that cannot be read, and its column; never the value. Null if it is a refusal.';

comment on column sync.refusal.known_from is
'What showed it: the member, its absence from the audience (full_listing), an abuse report, a report of a '
'campaign, or our own removal.';
