-- Each look at an audience asks which contacts left an address since the last look.

create index address_holder_left on sync.address_holder (left_at) where left_at is not null;
