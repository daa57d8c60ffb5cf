"""Query texts of dynamic collections that grow, and useful ones that only look as if they did."""

from __future__ import annotations


def in_subqueries(expression: str, times: int, begin: str = "city") -> str:
    """The expression over ``x`` again and again, each in a subquery of the next."""
    query = f"select {begin} as x, contact_id from contact"
    for level in range(times):
        query = f"select {expression} as x, contact_id from ({query}) as s{level}"
    return f"select contact_id from ({query}) as z where x is not null"


def in_with(expression: str, times: int, begin: str = "city") -> str:
    """The same with WITH queries."""
    parts = [f"a0 as (select {begin} as x, contact_id from contact)"]
    parts += [
        f"a{level + 1} as (select {expression} as x, contact_id from a{level})"
        for level in range(times)
    ]
    return f"with {', '.join(parts)} select contact_id from a{times} where x is not null"


def _nested(call: str, times: int) -> str:
    expression = "city"
    for _ in range(times):
        expression = call.format(expression)
    return expression


_MILLION = _nested("replace({}, 'α', 'αααααααααα')", 6)
_REPEATED = _nested("regexp_replace({}, '.', '\\\\&\\\\&\\\\&', 'g')", 6)
_STREETS = " or ".join(f"address1 ilike '%οδός {n}%'" for n in range(150))
_POWERS = _nested("power({}::numeric, 3)", 20) + " / 7" * 31
_WHERE = "select contact_id from contact where "
_LISTED = "select unnest(array_agg(a.contact_id)) as contact_id from "

LONGER = "could get longer than"
COMPARE = "compare long texts"
LARGE = "so often that the whole gets too large"
LISTS = "rows of one table, or of tables"
VALUES = "texts made of a few columns"
BETWEEN = "the text between the values of string_agg"
FORMAT = "the pattern of to_char"
ROW = "a whole row is not allowed"

_MANY = " + ".join
#: Each sorts too often at once.
SORTING = (
    f"select {_MANY(f'count(distinct city || {n}::text)' for n in range(250))} as contact_id"
    " from contact",
    f"select {_MANY(f'sum(distinct contact_id + {n})' for n in range(21))} as contact_id"
    " from contact",
    f"select {_MANY(['mode() within group (order by zip)'] * 21)} as contact_id from contact",
    f"select {_MANY(f'max(contact_id order by zip, {n})' for n in range(21))} as contact_id"
    " from contact",
    f"select {', '.join(['every(distinct is_active)'] * 21)}, 1 as contact_id from contact",
    f"select {_MANY(f'rank() over (order by city, {n})' for n in range(21))} as contact_id"
    " from contact",
    "select count(distinct contact_id) as contact_id from contact"
    " group by cube (city, zip, country, phone, mobile)",
    "select count(distinct contact_id) as contact_id from contact"
    " group by rollup (city, zip, country, phone), rollup (mobile, company, address1, address2)",
    f"with a as (select {_MANY(['count(distinct city)'] * 11)} as contact_id from contact)"
    f" select {_MANY(['count(distinct zip)'] * 11)} as contact_id from contact, a",
)
GROUPING = (
    "select max(contact_id) as contact_id from contact"
    " group by cube (city, zip, country, phone, mobile, company, address1)",
    "select max(contact_id) as contact_id from contact group by grouping sets ("
    "cube (city, zip, country, phone, mobile), cube (company, address1, email, fax, id, code))",
    "select max(contact_id) as contact_id from contact"
    " group by cube (city, zip, country, phone), cube (mobile, company, address1)",
)
COLLECTING = (
    f"select {_MANY(['length(string_agg(city, null))'] * 6)} as contact_id from contact",
    f"select {_MANY(['cardinality(array_agg(city))'] * 6)} as contact_id from contact",
    f"select {_MANY(['cardinality(array(select zip from contact))'] * 6)} as contact_id",
    "select cardinality(array_agg(city)) as contact_id from contact group by cube (zip, city, id)",
)

#: Text → what the refusal says.
GROWING = {
    # values
    f"{_WHERE} translate({_MILLION}, 'αβ', '') = ''": LONGER,
    f"{_WHERE} rtrim({_MILLION}, {_MILLION}) = ''": LONGER,
    f"{_WHERE} strpos({_MILLION}, {_MILLION}) > 1": LONGER,
    f"{_WHERE} position({_MILLION} in {_MILLION}) > 1": LONGER,
    f"{_WHERE} {_REPEATED} = ''": LONGER,
    f"{_WHERE} {_nested('concat({0}, {0}, {0})', 6)} = ''": LONGER,
    f"{_WHERE} {_nested('concat_ws({0}, {0}, {0})', 5)} = ''": LONGER,
    f"{_WHERE} {_nested('replace(upper({0}), city, address1)', 3)} = ''": LONGER,
    f"{_WHERE} {' || '.join(['city'] * 120)} = ''": LONGER,
    f"{_WHERE} (select {' || '.join(['city'] * 120)}) = ''": LONGER,
    f"{_WHERE} array_to_string(array[{', '.join(['city'] * 60)}], 'και') = ''": LONGER,
    f"{_WHERE} array_to_string(string_to_array(city, null), '{'ωχ' * 80}') = ''": LONGER,
    f"{_WHERE} concat(city::char(10000000), 'α') = ''": LONGER,
    f"{_WHERE} ('α'::bpchar(5000000))::text || '' = ''": LONGER,
    f"{_WHERE} array['α']::char(1000000)[] is null": LONGER,
    f"{_WHERE} to_char(now(), replace(city, 'α', 'Day Month Day Month Day')) = ''": FORMAT,
    f"{_WHERE} to_char(now(), city) = ''": FORMAT,
    f"{_WHERE} to_date(city, first_name) = current_date": FORMAT,
    f"{_WHERE} to_char(now(), '{'Month' * 100}') = ''": FORMAT,
    f"{_WHERE} regexp_replace(city, 'α', last_name) = ''": "must be a written text",
    in_subqueries("x || x", 9): LONGER,
    in_subqueries("concat(x, 'α', x)", 9): LONGER,
    in_with("replace(x, 'α', 'αααααααααα')", 3): LONGER,
    in_with("x || x || x || x || x", 4): LONGER,
    in_subqueries("(x, x)::text", 8): LONGER,
    in_subqueries("array[x, x]::text", 8): LONGER,
    "with v (x) as (values ('" + "ω" * 30_000 + "')), w as (select x || x || x || x as x from v)"
    " select contact_id from contact, w where x = city": LONGER,
    # a whole row is a text of all its columns
    f"{_WHERE} contact::text = ''": ROW,
    "select contact_id from contact as c where c::text like '%α%'": ROW,
    "select contact_id from contact as c where (c.*)::text = ''": ROW,
    "select contact_id from contact as c where concat(c.*, c.city) = ''": ROW,
    'select contact_id from contact as "C" where concat("C") = \'\'': ROW,
    "with w as (select city, contact_id from contact)"
    " select contact_id from w where w::text = ''": ROW,
    # steps of one row
    f"{_WHERE} translate(city, '{'αβγδε' * 5000}', '') = ''": COMPARE,
    f"{_WHERE} ltrim(comments, '{'αβγδε' * 5000}') = ''": COMPARE,
    f"{_WHERE} '{'α' * 40_000}' like '{'%α' * 20_000}'": COMPARE,
    f"{_WHERE} '{'α' * 40_000}' ~ '{'α?' * 20_000}'": COMPARE,
    f"{_WHERE} {' or '.join(['rtrim(address1, address2) = city'] * 60)}": COMPARE,
    f"{_WHERE} {' or '.join(['strpos(address1, address2) = 3'] * 60)}": COMPARE,
    f"{_WHERE} {' + '.join(['contact_id::numeric % 7'] * 60)} = 1": "more than 50 multiplications",
    f"{_WHERE} {_POWERS} = 1": "more than 50 multiplications",
    # expressions that Postgres puts into one another
    in_subqueries("x + x", 30, "contact_id"): LARGE,
    in_with("x + x", 30, "contact_id"): LARGE,
    in_with("case when x > 1 then x when x < 0 then -x else x end", 12, "contact_id"): LARGE,
    in_subqueries("coalesce(x, x, x, x)", 10): LARGE,
    "with a as not materialized (select contact_id from contact) select contact_id from a": (
        "NOT MATERIALIZED"
    ),
    f"select a0.contact_id from {', '.join(f'contact as a{n}' for n in range(60))}": (
        "more than 40 tables"
    ),
    "select contact_id from contact union " * 50 + "select 1": "more than 40 tables",
    # lists
    f"{_LISTED} contact as a, contact as b, contact as c": LISTS,
    f"{_LISTED} contact as a cross join contact as b": LISTS,
    f"{_LISTED} contact as a join contact as b on true": LISTS,
    f"{_LISTED} contact as a join contact as b on a.country = b.country": LISTS,
    f"{_LISTED} contact as a join contact as b using (country)": LISTS,
    f"{_LISTED} contact as a natural join consent as b": LISTS,
    f"{_LISTED} contact as a join contact as b on b.contact_id = b.contact_id": LISTS,
    f"{_LISTED} contact as a join contact as b on a.contact_id = b.contact_id or true": LISTS,
    f"{_LISTED} consent as a join contact_field_value as v on v.field_code = a.source": LISTS,
    f"{_LISTED} consent as a join collection_member as v on v.contact_id = a.contact_id": LISTS,
    f"{_LISTED} (contact as a cross join contact as b)": LISTS,
    f"{_LISTED} contact as a, lateral (select 1 from contact) as b": LISTS,
    f"{_LISTED} (select a.contact_id from contact as a, contact as b) as a": LISTS,
    f"{_LISTED} (select a.contact_id from contact a, contact b union all select 1) as a": LISTS,
    f"{_LISTED} (select contact_id, unnest(string_to_array(city, null)) from contact) as a": LISTS,
    "with w as (select a.contact_id from contact as a, contact as b)"
    " select unnest(array_agg(contact_id)) as contact_id from w": LISTS,
    "select unnest(array(select a.contact_id from contact a, contact b)) as contact_id": LISTS,
    "select unnest(array(select unnest(array[1, 2]) from contact)) as contact_id": (
        "write the array"
    ),
    "select length(string_agg(a.city, ',')) as contact_id from contact as a, contact as b": LISTS,
    "select length(string_agg(a.city, ',') over (order by a.city)) as contact_id"
    " from contact as a, contact as b": LISTS,
    f"select length(string_agg({' || '.join(['city'] * 20)}, ',')) as contact_id from contact": (
        VALUES
    ),
    "with w as (select city || city || city || city as x from contact)"
    " select length(string_agg(x || x, ',')) as contact_id from w": VALUES,
    f"select length(string_agg(city, '{'-' * 30}')) as contact_id from contact": BETWEEN,
    "select length(string_agg(city, address1)) as contact_id from contact": BETWEEN,
    **dict.fromkeys(SORTING, "aggregates with DISTINCT or ORDER BY, and windows"),
    **dict.fromkeys(GROUPING, "groupings"),
    **dict.fromkeys(COLLECTING, "lists with array_agg"),
}

#: Admitted: people write such queries.
MODEST = (
    "select count(distinct city) + count(distinct zip) as contact_id from contact group by country",
    "select contact_id, " + ", ".join(["row_number() over (order by city)"] * 25) + " from contact",
    "select contact_id, "
    + ", ".join(["sum(contact_id) over w"] * 25)
    + " from contact window w as (partition by city order by zip)",
    "select max(contact_id) as contact_id from contact group by rollup (country, city, zip)",
    "select max(contact_id) as contact_id from contact group by cube (country, city, zip, phone)",
    f"{_WHERE} translate(upper(city), 'ΆΈΉΊΌΎΏΪΫ', 'ΑΕΗΙΟΥΩΙΥ') in ('ΑΘΗΝΑ', 'ΠΑΤΡΑ')",
    f"{_WHERE} replace(replace(replace(replace(phone, ' ', ''), '-', ''), '(', ''), ')', '') "
    "like '210%'",
    f"{_WHERE} regexp_replace(regexp_replace(coalesce(mobile, phone), '[^0-9]', '', 'g'), "
    "'^0030', '', 'g') like '69%'",
    f"{_WHERE} lower(first_name || ' ' || last_name || ', ' || coalesce(company, '') || ' ' "
    "|| coalesce(city, '') || coalesce(zip, '')) like '%μαρία%'",
    f"{_WHERE} concat_ws(' ', first_name, last_name, company, city, zip, country) ~* 'αθην'",
    f"{_WHERE} array_to_string(array[first_name, last_name, company], ' ') ilike '%α%'",
    f"{_WHERE} to_char(birth_date, 'MM-DD') = '03-25' and position(city in address1) > 0",
    f"{_WHERE} {_STREETS}",
    f"{_WHERE} contact_id in ({', '.join(map(str, range(9_000)))})",
    f"{_WHERE} contact_id = any('{{{','.join(map(str, range(15_000)))}}}'::bigint[])",
    f"{_WHERE} contact_id = any(array(select contact_id from consent where granted))",
    "select unnest(array_agg(contact_id)) as contact_id from contact group by city",
    "select c.contact_id from contact as c join (select contact_id, string_agg(value, ', ' order "
    "by field_code) as v from contact_field_value group by contact_id) as f "
    "on f.contact_id = c.contact_id where f.v like '%αγορά%'",
    "select c.contact_id from contact as c left join contact_field_value as v "
    "on v.contact_id = c.contact_id and v.field_code = 'shop' group by c.contact_id "
    "having string_agg(v.value, ',') like '%Αθήνα%'",
    "select contact_id from contact as c join consent as k using (contact_id) "
    "group by contact_id having 'web' = any(array_agg(k.source))",
    "select c.contact_id from contact as c, consent as k where c.contact_id = k.contact_id "
    "group by c.contact_id having array_to_string(array_agg(distinct k.channel), ', ') = 'email'",
    "select m.contact_id from collection_member as m join contact_collection as l "
    "on l.collection_id = m.collection_id join contact as c on c.contact_id = m.contact_id "
    "group by m.contact_id having count(*) > 1 and length(string_agg(l.code, ',')) > 5",
    "with spent as (select contact_id, sum(value::numeric) as total from contact_field_value "
    "where field_code = 'turnover' and value ~ '^[0-9.]+$' group by contact_id), "
    "ranked as (select contact_id, ntile(5) over (order by total desc) as fifth, "
    "case when total > 100 and total < 200 then total * 2 else total end as weight from spent), "
    "scored as (select contact_id, case when fifth = 1 and weight > 5 then fifth + weight "
    "when fifth = 2 then weight else fifth end as score from ranked) "
    "select contact_id from scored where score between 1 and 1000 -- οι καλοί πελάτες",
)
