"""Rows of a dashboard's chart, by the SQL of its dataset: the question that Superset would ask."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import psycopg
import yaml
from psycopg.rows import dict_row

from dashboards.bundle import ASSETS

#: Charts by the stem of their file.
CHARTS = sorted(path.stem for path in (ASSETS / "charts").glob("*.yaml"))


def chart_rows(warehouse: psycopg.Connection[Any], chart: str) -> list[dict[str, Any]]:
    """What a chart shows without a filter of the page: its groups and metrics.

    Args:
        warehouse: by a login that reads what the dashboards read.
        chart: stem of the chart's file.
    """
    asset = _asset(f"charts/{chart}.yaml")
    params, dataset = asset["params"], _datasets()[asset["dataset_uuid"]]
    grouped = params.get("groupby") or []
    groups = [grouped] if isinstance(grouped, str) else list(grouped)
    groups += [params["x_axis"]] if params.get("x_axis") else []
    expressions = {one["metric_name"]: one["expression"] for one in dataset["metrics"]}
    metrics = params.get("metrics") or [params["metric"]]
    columns = [f'"{name}"' for name in groups]
    columns += [f'{expressions[name]} as "metric {name}"' for name in metrics]
    conditions = [
        one["sqlExpression"] for one in params["adhoc_filters"] if one["expressionType"] == "SQL"
    ]
    query = f"select {', '.join(columns)} from ({dataset['sql'].rstrip()}) as dataset"
    query += f" where {' and '.join(conditions)}" if conditions else ""
    query += f" group by {', '.join(map(str, range(1, len(groups) + 1)))}" if groups else ""
    with warehouse.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.replace("%", "%%").encode()).fetchall()


@cache
def _datasets() -> dict[str, dict[str, Any]]:
    files = (ASSETS / "datasets").rglob("*.yaml")
    found = [_asset(path.relative_to(ASSETS).as_posix()) for path in files]
    return {dataset["uuid"]: dataset for dataset in found}


def _asset(path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ASSETS / path).read_text(encoding="utf-8")))


def views_of_charts() -> set[str]:
    """Tables and views of the warehouse that a chart reads."""
    texts = [dataset["sql"] for dataset in _datasets().values()]
    return {view for text in texts for view in re.findall(r"\bmart\.\w+", text)}
