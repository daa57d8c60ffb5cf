insert into landing_listed (subscriber_hash)
select landed.subscriber_hash from landing_recipients as landed;
