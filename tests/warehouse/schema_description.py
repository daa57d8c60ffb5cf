"""What a database's schema is, as Postgres describes it, so that two can be compared."""

from __future__ import annotations

from typing import Any

import psycopg

#: Statements by what they list. Partitions differ with the data and are left out.
_QUESTIONS = {
    "schemas": """
        select nspname, obj_description(oid, 'pg_namespace'), {nspacl}
        from pg_namespace where oid in (select oid from ours)
    """,
    "tables and views": """
        select
            oid::regclass, relkind, relpersistence, reloptions, pg_get_partkeydef(oid),
            relowner::regrole, obj_description(oid, 'pg_class'), {relacl}
        from relation
    """,
    "columns": """
        select
            relation.oid::regclass,
            row_number() over (partition by relation.oid order by attnum) as position,
            attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
            attcollation::regcollation, pg_get_expr(adbin, adrelid),
            col_description(relation.oid, attnum), {attacl}
        from relation
        inner join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where relkind in ('r', 'p', 'v')
    """,
    "constraints": """
        select conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated
        from pg_constraint
        -- Postgres 18 names "not null", which is a column's property to the others.
        where conrelid in (select oid from relation) and contype <> 'n'
    """,
    "indexes": """
        select pg_get_indexdef(indexrelid), indisvalid, indisprimary
        from pg_index where indrelid in (select oid from relation)
    """,
    "views": "select oid::regclass, pg_get_viewdef(oid) from relation where relkind = 'v'",
    "functions": """
        select
            oid::regprocedure, pg_get_functiondef(oid), proowner::regrole,
            obj_description(oid, 'pg_proc'), {proacl}
        from pg_proc where pronamespace in (select oid from ours)
    """,
    "triggers": """
        select pg_get_triggerdef(oid), tgenabled, obj_description(oid, 'pg_trigger')
        from pg_trigger where tgrelid in (select oid from relation) and not tgisinternal
    """,
}
_OURS = """
    with ours as (
        select oid from pg_namespace
        where nspname in ('staging', 'sync', 'stats', 'mart', 'migration')
    ),
    relation as (
        select * from pg_class
        where
            relnamespace in (select oid from ours) and not relispartition
            and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    )
"""


def describe(connection: psycopg.Connection[Any]) -> dict[str, set[tuple[Any, ...]]]:
    """Everything in the warehouse's schemas but rows and partitions, by kind."""
    described = {}
    for kind, question in _QUESTIONS.items():
        for acl in ("nspacl", "relacl", "attacl", "proacl"):
            # The order of rights tells only who was given them first.
            question = question.replace(  # noqa: PLW2901
                f"{{{acl}}}",
                f"(select array_agg(item::text order by item::text) from unnest({acl}) as item)",
            )
        rows = connection.execute(_OURS + question).fetchall()
        described[kind] = {tuple(map(str, row)) for row in rows}
    return described
