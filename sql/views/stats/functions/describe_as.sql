-- The columns of a view get the comments of the table below it.
create or replace function stats.describe_as(view_name regclass, table_name regclass) returns void
language plpgsql as $$
declare
    described record;
begin
    for described in
        select attribute.attname, col_description(attribute.attrelid, attribute.attnum) as words
        from pg_attribute as attribute
        where attribute.attrelid = table_name and attribute.attnum > 0 and not attribute.attisdropped
    loop
        execute format('comment on column %s.%I is %L', view_name, described.attname, described.words);
    end loop;
end
$$;
comment on function stats.describe_as is
'Gives the columns of a view the comments of the same columns of a table.';
