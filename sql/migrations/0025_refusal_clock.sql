-- A run judges withdrawals and ends of consents by the later one of two clocks.
alter table sync.staging_run add column refusal_clock timestamptz;
comment on column sync.staging_run.refusal_clock is
'Withdrawals and ends of consents up to this time count: '
'the CRM''s clock or our machine''s, whichever is later. Null in runs from before it was kept: then clock.';
