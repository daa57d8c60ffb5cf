-- Indexes for the conditions that the pipeline asks with. Without them each batch of contacts reads whole
-- tables. The expressions are those of the views, sign by sign.
create index contacts_number on suitecrm.contacts (crm_map.id_of(id));
create index email_addr_bean_rel_number on suitecrm.email_addr_bean_rel (crm_map.id_of(bean_id))
where bean_module = 'Contacts';
create index prospect_lists_prospects_number
on suitecrm.prospect_lists_prospects (crm_map.id_of(related_id));
analyze suitecrm.contacts, suitecrm.email_addresses, suitecrm.email_addr_bean_rel;
analyze suitecrm.prospect_lists_prospects;
