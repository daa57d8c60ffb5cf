-- Indexes for the conditions that the pipeline asks with. Without them each batch of contacts reads whole
-- tables. The expressions are those of the views, sign by sign.
create index customer_same_as on shop.customer (nullif(same_as, 0));
create index customer_mail_customer on shop.customer_mail (custno);
create index customer_mail_contact on shop.customer_mail ((-mailno));
analyze shop.customer, shop.customer_mail;
