create or replace function stats.links_without(links uuid[], others uuid[]) returns uuid[]
language sql immutable as $$
    select
        array(
            select unnest(links) as link
            except
            select unnest(others) as link
        )
$$;
comment on function stats.links_without is
'The different links that are not among the others; an array that is null has no links.';
