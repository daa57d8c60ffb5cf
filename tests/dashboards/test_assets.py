"""The YAML of the dashboards: charts name what their datasets have, and scanners do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from dashboards.bundle import ASSETS

CHARTS = sorted(path.stem for path in (ASSETS / "charts").glob("*.yaml"))


@cache
def datasets() -> dict[str, dict[str, Any]]:
    read = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ASSETS / "datasets").rglob("*.yaml")
    ]
    return {dataset["uuid"]: dataset for dataset in read}


def chart(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ASSETS / "charts" / f"{name}.yaml").read_text(encoding="utf-8")))


def metrics_of(name: str) -> Iterator[str]:
    parameters = chart(name)["params"]
    yield from parameters.get("metrics", [])
    for key in ("metric", "timeseries_limit_metric"):
        if parameters.get(key):
            yield parameters[key]


def expressions_of(name: str) -> dict[str, str]:
    """The expression of each metric of a chart, by name."""
    known = datasets()[chart(name)["dataset_uuid"]]["metrics"]
    every = {metric["metric_name"]: metric["expression"] for metric in known}
    return {metric: every[metric] for metric in metrics_of(name)}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_the_metrics_of_its_dataset(name: str) -> None:
    known = datasets()[chart(name)["dataset_uuid"]]["metrics"]
    assert set(metrics_of(name)) <= {metric["metric_name"] for metric in known}


@pytest.mark.parametrize("name", CHARTS)
def test_clicks_are_also_without_scanners(name: str) -> None:
    counted = [text for text in expressions_of(name).values() if "click" in text]
    assert not counted or any("without_bots" in text for text in counted)


def test_some_charts_count_clicks() -> None:
    counting = [
        name for name in CHARTS if any("click" in text for text in expressions_of(name).values())
    ]
    assert len(counting) >= 8


def test_a_name_on_a_dashboard_is_that_of_its_chart() -> None:
    names = {chart(name)["uuid"]: chart(name)["slice_name"] for name in CHARTS}
    for path in (ASSETS / "dashboards").glob("*.yaml"):
        position = yaml.safe_load(path.read_text(encoding="utf-8"))["position"]
        parts = [one for one in position.values() if isinstance(one, dict)]
        shown = {
            one["meta"]["uuid"]: one["meta"]["sliceName"] for one in parts if one["type"] == "CHART"
        }
        assert shown
        assert shown == {uuid: names[uuid] for uuid in shown}, path.name


def test_times_are_those_of_the_report_time_zone() -> None:
    """As on the page: Superset itself shows a time with a zone in UTC."""
    selected = [
        (dataset["table_name"], line.strip())
        for dataset in datasets().values()
        for line in dataset["sql"].splitlines()
        if re.search(r"_at,?$", line)
    ]
    assert selected
    assert [one for one in selected if "at time zone" not in one[1]] == []
