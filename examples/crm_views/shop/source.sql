-- The tables of a shop's own CRM, as its program made them. Nothing here fits the contract: not the names,
-- not dates as text, not numbers for yes and no. A customer has several addresses, and consents are columns.
-- Rows are only marked as deleted. Times are those of Athens, without a zone.
create schema shop;

create table shop.staff (
    staffno integer primary key,
    full_name varchar(80) not null,
    mail text
);

create table shop.customer (
    custno integer primary key,
    forename varchar(60),
    surname varchar(60),
    firm varchar(100),
    tel varchar(40),
    mobile varchar(40),
    street varchar(120),
    town varchar(60),
    postcode varchar(12),
    country_name varchar(40),
    lang char(2), -- GR or EN
    born text,
    points integer,
    first_order text,
    blocked smallint, -- 1: no business with this customer
    deleted smallint, -- 1: deleted in the program
    forget_on text, -- the day on which the customer asked to be forgotten
    same_as integer, -- this row is a duplicate of that customer; 0: no duplicate
    ok_news smallint, -- 1: yes, 0: no, null: never asked
    ok_news_on text, -- the day of that answer
    ok_offers smallint,
    ok_offers_on text,
    ok_offers_until text, -- a yes ends on this day; blank: it does not end
    changed timestamp -- the last change of the row
);

create table shop.customer_mail (
    mailno integer primary key,
    custno integer not null,
    address text,
    is_main smallint, -- 1: letters go here
    bounced smallint, -- 1: a letter came back
    deleted smallint
);

create table shop.mailing_list (
    listno integer primary key,
    title varchar(80),
    staffno integer,
    closed smallint
);

create table shop.mailing_list_customer (
    listno integer,
    custno integer,
    added_on text,
    removed smallint,
    primary key (listno, custno)
);
