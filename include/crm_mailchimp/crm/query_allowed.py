"""What the query text of a dynamic collection may use, and what to write instead of the rest.

The lists say what is allowed, not what is forbidden. ``make docs`` makes a page of them:
``docs/dynamic_queries.md``.
"""

from __future__ import annotations


def set_of(words: str) -> frozenset[str]:
    """The words of a list as a set."""
    return frozenset(words.split())


#: Tables of the CRM contract that a query may read, each with its primary key.
TABLE_KEYS = {
    "external_provider": ("code",),
    "campaign_type": ("code",),
    "resource": ("resource_id",),
    "contact": ("contact_id",),
    "contact_field": ("code",),
    "contact_field_value": ("contact_id", "field_code"),
    "consent": ("consent_id",),
    "contact_collection": ("collection_id",),
    "collection_member": ("collection_id", "contact_id"),
    "campaign": ("campaign_id",),
}
ALLOWED_TABLES = frozenset(TABLE_KEYS)

#: Functions of Postgres that a query may call, by subject. None has side effects. None takes a
#: query or a name as text. Those that can make long values are limited by ``query_growth``.
FUNCTION_GROUPS = {
    "Texts": set_of(
        "btrim char_length character_length concat concat_ws initcap left length lower ltrim md5 "
        "octet_length position regexp_count regexp_like regexp_match regexp_replace replace "
        "reverse right rtrim split_part starts_with strpos substr substring to_char translate "
        "trim upper"
    ),
    "Dates and times": set_of(
        "age clock_timestamp date date_bin date_part date_trunc extract isfinite justify_days "
        "make_date make_interval now timezone to_date to_timestamp"
    ),
    "Numbers": set_of(
        "abs ceil ceiling div floor ln log mod power round sign sqrt to_number trunc"
    ),
    "Counting over rows": set_of(
        "array_agg avg bool_and bool_or count every max min mode percentile_cont percentile_disc "
        "stddev string_agg sum variance"
    ),
    "Windows": set_of(
        "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank "
        "row_number"
    ),
    "Arrays": set_of(
        "array_length array_position array_to_string cardinality string_to_array unnest"
    ),
    "Nulls, choices and types": set_of(
        "cast coalesce greatest least nullif num_nonnulls num_nulls"
    ),
}
ALLOWED_FUNCTIONS = frozenset().union(*FUNCTION_GROUPS.values())

ALLOWED_TYPES = set_of(
    "bigint boolean bpchar char date decimal double float int interval numeric smallint text time "
    "timestamp timestamptz varchar"
)
ALLOWED_OPERATORS = set_of("+ - * / % < > = <> != <= >= => || ~ ~* !~ !~* ~~ ~~* !~~ !~~*")

_ROWS = "write the values out: (values (1), (2)) as v (n)"
_LONG = "write the text out"
_NOTHING = "a query only reads: leave it out"
_CLOCK = "write now() or current_date"
_JSON = "read the columns themselves"
#: What to write instead of functions that people often want.
INSTEAD = {
    **dict.fromkeys(("generate_series", "generate_subscripts"), _ROWS),
    **dict.fromkeys(("repeat", "lpad", "rpad", "format", "overlay"), f"{_LONG}, or use concat"),
    **dict.fromkeys(
        ("random", "setseed", "gen_random_uuid", "uuid"),
        ("a collection must be the same at each run: choose contacts by contact_id % 10"),
    ),
    **dict.fromkeys(("regexp_matches", "regexp_split_to_table"), "write regexp_match"),
    **dict.fromkeys(
        ("regexp_split_to_array", "string_to_table"), "write unnest(string_to_array(…))"
    ),
    **dict.fromkeys(("regexp_substr", "regexp_instr"), "write substring(text from pattern)"),
    **dict.fromkeys(("ifnull", "nvl", "isnull"), "write coalesce"),
    **dict.fromkeys(("len", "char_len"), "write length"),
    **dict.fromkeys(("instr", "charindex"), "write strpos"),
    **dict.fromkeys(("iif", "if", "decode"), "write case when … then … else … end"),
    **dict.fromkeys(("array_cat", "array_append", "array_prepend"), "write array || array"),
    **dict.fromkeys(("year", "month", "day", "weekday", "datepart"), "write extract(year from …)"),
    **dict.fromkeys(
        ("datediff", "dateadd", "date_add", "date_sub", "date_diff"),
        ("write a difference of dates, or date + interval '1 day'"),
    ),
    **dict.fromkeys(("transaction_timestamp", "statement_timestamp", "getdate", "sysdate"), _CLOCK),
    **dict.fromkeys(("timeofday",), _CLOCK),
    **dict.fromkeys(("pg_sleep", "set_config", "pg_notify", "pg_advisory_lock"), _NOTHING),
    **dict.fromkeys(("nextval", "setval", "lo_import", "pg_terminate_backend"), _NOTHING),
    **dict.fromkeys(("json_agg", "jsonb_agg", "to_json", "to_jsonb", "row_to_json"), _JSON),
    **dict.fromkeys(("json_build_object", "json_extract_path_text", "xmlagg"), _JSON),
    "collate": "leave COLLATE out, and compare lower(city) or translate(…)",
    "tablesample": "choose contacts by contact_id % 10",
    "unaccent": "write translate(upper(…), 'ΆΈΉΊΌΎΏ', 'ΑΕΗΙΟΥΩ')",
}
#: What to write instead of operators that people often want.
OPERATORS_INSTEAD = {
    **dict.fromkeys(("&&", "@>", "<@"), "write 'Αθήνα' = any(array), or EXISTS"),
    **dict.fromkeys(("&", "#", "<<", ">>"), "calculate with div and %: div(n, 4) % 2 = 1"),
    **dict.fromkeys(("->", "->>", "#>", "#>>"), _JSON),
    **dict.fromkeys(("<->", "<#>"), "write abs(a - b)"),
    "^": "write power(a, b)",
    "|/": "write sqrt(a)",
    "@": "write abs(a)",
    "==": "write =",
    "<=>": "write is not distinct from",
    "@@": "write city ~* 'pattern'",
    "^@": "write starts_with(city, 'Αθ')",
}
_PAGE = "docs/dynamic_queries.md has the list"


class QueryRefusedError(Exception):
    """The text is not one harmless SELECT; the message names the rule."""


def operator_refused(operator: str) -> QueryRefusedError:
    """The refusal of an operator, with what to write instead."""
    instead = OPERATORS_INSTEAD.get(operator)
    return QueryRefusedError(
        f"operator {operator!r} is not allowed. {f'Instead {instead}. ' if instead else ''}"
        f"These are: {' '.join(sorted(ALLOWED_OPERATORS))}"
    )


def not_listed(kind: str, name: str) -> QueryRefusedError:
    """The refusal of a function or construct, with what to write instead.

    Args:
        kind: ``function`` or ``construct``.
        name: as the text has it, in quotes where it is the text's own word.
    """
    instead = INSTEAD.get(name.strip("'\"").lower())
    return QueryRefusedError(
        f"{kind} {name} is not on the list of what is allowed. "
        f"{f'Instead {instead}. ' if instead else ''}The page {_PAGE}"
    )
