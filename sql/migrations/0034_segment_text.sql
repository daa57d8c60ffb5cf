-- Mailchimp puts a segment's conditions into words, and a condition may name a person by the address.
-- BI tools read these words. load_campaigns.sql does the same to new ones.
update stats.campaigns
set
    segment_text = regexp_replace(
        segment_text,
        '[^\s"<>()\[\]{},;]+(@|&#64;|&#x40;|&commat;)[^\s"<>()\[\]{},;]+',
        '[address]',
        'gi'
    )
where segment_text ~* '@|&#64;|&#x40;|&commat;';

comment on column stats.campaigns.segment_text is
'Mailchimp''s description of the segment it went to, without e-mail addresses.';
