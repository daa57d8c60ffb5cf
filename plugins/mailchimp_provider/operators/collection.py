"""The operator of a collection's task: an ordinary ``@task`` with links in Airflow's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.standard.decorators.python import _PythonDecoratedOperator
from airflow.sdk.bases.decorator import TaskDecorator, task_decorator_factory
from airflow.sdk.bases.operatorlink import BaseOperatorLink

from mailchimp_provider.links import AUDIENCE_PAGE, collection_url, quarantine_url


class CollectionLink(BaseOperatorLink):
    """The collection on the page "Mailchimp"."""

    name = "Collection"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        return collection_url(operator.op_kwargs["collection_code"])


class QuarantineLink(BaseOperatorLink):
    """Who of the collection is held back, on the page "Mailchimp"."""

    name = "Quarantine"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        return quarantine_url(operator.op_kwargs["collection_code"])


class AudienceLink(BaseOperatorLink):
    """The collection's audience in Mailchimp; the task left its address."""

    name = "Audience in Mailchimp"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        left = ti_key.xcom_pull(
            task_ids=ti_key.task_id, map_indexes=ti_key.map_index, key=AUDIENCE_PAGE
        )
        return left or ""


class CollectionOperator(_PythonDecoratedOperator):
    """Runs a function with the argument ``collection_code``."""

    operator_extra_links = (CollectionLink(), QuarantineLink(), AudienceLink())


def collection_task(function: Callable[..., Any]) -> TaskDecorator:
    """Like ``task(function)``, with the links; the collection's code names its mapped tasks."""
    return task_decorator_factory(
        python_callable=function,
        decorated_operator_class=CollectionOperator,
        map_index_template="{{ task.op_kwargs['collection_code'] }}",
    )
