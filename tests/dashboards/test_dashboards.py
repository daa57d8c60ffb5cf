"""The dashboards in a real Superset: loaded twice, each chart with data, opened in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import psycopg
import pytest
import yaml

from browser import Browser, running_browser
from dashboards.bundle import ASSETS
from local_installation.superset_processes import USER
from superset_page import Answer, Provisioned, log_in, open_dashboard, shown_errors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("superset"),
    pytest.mark.timeout(900),
]
DASHBOARDS = sorted(path.stem for path in (ASSETS / "dashboards").glob("*.yaml"))
_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.\w+")
_LONG_AGO = "1990-01-01 : 1990-02-01"
#: Superset's GenericDataType.NUMERIC (superset/utils/core.py).
_NUMBER = 0
_LISTED = {"q": "(page_size:100)"}


def asset(path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ASSETS / path).read_text(encoding="utf-8")))


def charts_of(dashboard: str) -> list[str]:
    """Uuids of the charts of a dashboard."""
    position = asset(f"dashboards/{dashboard}.yaml")["position"]
    return [
        part["meta"]["uuid"]
        for part in position.values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]


@pytest.fixture(scope="module")
def browser(superset: Provisioned) -> Iterator[Browser]:
    with running_browser() as opened:
        log_in(opened, superset.url, USER, superset.api.password)
        yield opened


def test_a_second_time_changes_charts_and_duplicates_nothing(superset: Provisioned) -> None:
    kinds = ("database", "dataset", "chart", "dashboard")

    def counted() -> dict[str, int]:
        return {kind: superset.api.call("GET", f"{kind}/")["count"] for kind in kinds}

    before = counted()
    folders = {
        "database": "databases",
        "dataset": "datasets",
        "chart": "charts",
        "dashboard": "dashboards",
    }
    assert before == {kind: len(list((ASSETS / folders[kind]).rglob("*.yaml"))) for kind in kinds}
    listed = superset.api.call("GET", "chart/", params=_LISTED)["result"]
    changed = listed[0]
    superset.api.call("PUT", f"chart/{changed['id']}", json={"slice_name": "Άλλο", "params": "{}"})
    superset.api.provision(superset.bi)
    assert counted() == before
    again = superset.api.call("GET", f"chart/{changed['id']}")["result"]
    assert again["slice_name"] == changed["slice_name"] != "Άλλο"
    assert json.loads(again["params"])["viz_type"] == changed["viz_type"]


def test_the_warehouse_is_read_by_the_bi_login_only(superset: Provisioned) -> None:
    (database,) = superset.api.call("GET", "database/")["result"]
    connection = superset.api.call("GET", f"database/{database['id']}/connection")["result"]
    login = psycopg.conninfo.conninfo_to_dict(superset.bi)["user"]
    assert connection["parameters"]["username"] == login
    assert not any(database[right] for right in ("allow_dml", "allow_ctas", "allow_cvas"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(superset.bi) as bi:
        bi.execute("select from sync.member")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_chart_has_rows_and_the_page_no_error(
    superset: Provisioned, browser: Browser, name: str
) -> None:
    listed = superset.api.call("GET", "chart/", params=_LISTED)["result"]
    title = {one["id"]: one["slice_name"] for one in listed}
    charts = charts_of(name)
    slug = asset(f"dashboards/{name}.yaml")["slug"]
    answers = open_dashboard(browser, f"{superset.url}/superset/dashboard/{slug}/", len(charts))
    assert len({answer.chart for answer in answers if answer.chart}) == len(charts) > 0
    for answer in answers:
        said = (title.get(answer.chart or 0), answer.text[:600])
        assert answer.status == 200, said
        assert answer.queries, said
        for query in answer.queries:
            assert not query["error"], said
            assert query["rowcount"] > 0, said
            assert any(value is not None for row in query["data"] for value in row.values()), said
        assert not _ADDRESS.search(answer.text), said
    assert shown_errors(browser) == []
    text = browser.text
    assert asset(f"dashboards/{name}.yaml")["dashboard_title"] in text
    assert "No results" not in text
    assert not _ADDRESS.search(text)
    # The page does not reach its makers' counter of visitors.
    assert [one for one in browser.problems if "Content Security Policy" not in one] == []
    _filters_narrow(superset, answers, title)


def _filters_narrow(superset: Provisioned, answers: list[Answer], title: dict[int, str]) -> None:
    """Audience, collection and period each reach charts: nothing is left of another one's data."""
    for name in ("audience", "collection", "period"):
        narrowed = 0
        for answer in answers:
            if answer.chart and narrowed < 3 and name in _filterable(title[answer.chart]):
                question = json.loads(json.dumps(answer.question))
                for query in question["queries"]:
                    _narrow(query, name)
                for found in superset.api.call("POST", "chart/data", json=question)["result"]:
                    assert not found["error"]
                    values = [row.get(label) for row in found["data"] for label in _labels(found)]
                    assert not any(values), (name, title[answer.chart], found["query"])
                narrowed += 1
        assert narrowed, name


def _labels(found: dict[str, Any]) -> list[str]:
    """Columns of an answer that are figures."""
    return [
        label
        for label, kind in zip(found["colnames"], found["coltypes"], strict=True)
        if kind == _NUMBER
    ]


@cache
def _filterable(slice_name: str) -> set[str]:
    """The filters that reach a chart, by the columns of its dataset."""
    wanted = f"slice_name: {slice_name}\n"
    (chart,) = (
        asset(f"charts/{path.name}")
        for path in (ASSETS / "charts").glob("*.yaml")
        if wanted in path.read_text(encoding="utf-8").replace("\n  ", " ").replace("'", "")
    )
    (dataset,) = (
        asset(path.relative_to(ASSETS).as_posix())
        for path in (ASSETS / "datasets").rglob("*.yaml")
        if f"uuid: {chart['dataset_uuid']}\n" in path.read_text(encoding="utf-8")
    )
    columns = {column["column_name"] for column in dataset["columns"]}
    return columns | ({"period"} if dataset["main_dttm_col"] else set())


def _narrow(query: dict[str, Any], name: str) -> None:
    """Ask for an audience or collection that is none, or for a period before everything."""
    filters = [one for one in query.get("filters", []) if one["op"] != "TEMPORAL_RANGE"]
    if name == "period":
        filters += [
            {**one, "val": _LONG_AGO}
            for one in query.get("filters", [])
            if one["op"] == "TEMPORAL_RANGE"
        ]
        query["time_range"] = _LONG_AGO
    else:
        filters.append({"col": name, "op": "IN", "val": ["κανένα"]})
    query["filters"] = filters
