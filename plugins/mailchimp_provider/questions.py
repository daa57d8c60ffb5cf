"""A question to a person, in Airflow's *Required Actions*: yes, no, or no answer in time."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator

from crm_mailchimp.settings import QuestionSettings
from crm_mailchimp.sync.decisions.answer import APPROVE, REJECT


def ask_person(*, retry_delay: timedelta) -> HITLOperator:
    """The task ``ask``: shows what ``find_request`` found. No answer counts as a rejection.

    It is not mapped, and no ``ApprovalOperator``: a rejection must be stored, too. Only the task
    ``decide`` lets anything start.

    Args:
        retry_delay: a retry asks again, while a person may be looking.
    """
    return HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull(task_ids='find_request')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='find_request')['body'] }}",
        options=[APPROVE, REJECT],
        defaults=[REJECT],
        retry_delay=retry_delay,
        response_timeout=timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours),
    )
