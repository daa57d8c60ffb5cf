"""Who may do what on the page: Airflow's own rights, asked of its auth manager.

A user who may see the DAG ``sync_collections`` may see the page. Each action is the right to start
its DAG, or to answer its question. Looking a person up has a permission of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import HTTPException, Request
from itsdangerous import BadData, URLSafeTimedSerializer

#: Name of the permission to look a person up. Auth managers with permissions of their own have it:
#: with FAB it is the action ``can_read`` on this resource.
PERSON_PERMISSION = "Mailchimp person"
#: What a right lets a user start.
STARTED_DAGS = {
    "preview": "preview_collections",
    "sync": "sync_collections",
    "defaults": "get_mailchimp_defaults",
    "erase": "erase_contacts",
}
#: What a right lets a user answer.
ANSWERED_DAGS = {"removals": "approve_removals", "releases": "release_campaigns"}
_FORM_SECONDS = 12 * 3600

#: A user who may see the page.
may_see = requires_access_dag("GET", param_dag_id="sync_collections")


def know_reader(request: Request, user: GetUserDep) -> None:
    """Note what the reader may do, and the token of the reader's forms."""
    request.state.rights = rights_of(user)
    request.state.form_token = _tokens().dumps(user.get_id())
    request.state.reader = user.get_id()


def rights_of(user: Any) -> frozenset[str]:
    """Names of everything that the user may do."""
    asked: dict[str, Callable[[], bool]] = {
        **{
            name: lambda dag_id=dag_id: _may(user, "POST", DagAccessEntity.RUN, dag_id)  # type: ignore[misc]
            for name, dag_id in STARTED_DAGS.items()
        },
        **{
            name: lambda dag_id=dag_id: _may(user, "PUT", DagAccessEntity.HITL_DETAIL, dag_id)  # type: ignore[misc]
            for name, dag_id in ANSWERED_DAGS.items()
        },
        "person": lambda: _may_look_up(user),
    }
    return frozenset(name for name, is_allowed in asked.items() if is_allowed())


def require_right(name: str) -> Callable[[Request], None]:
    """A dependency that refuses a user without a right (403)."""

    def inner(request: Request) -> None:
        if name not in request.state.rights:
            raise HTTPException(403, "forbidden")

    return inner


def require_own_form(request: Request, token: str) -> None:
    """Refuse a form that did not come from this page for this user.

    Raises:
        HTTPException: 403; another site sent it, or it is too old.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    try:
        owner = _tokens().loads(token, max_age=_FORM_SECONDS)
    except BadData:
        owner = None
    if owner is None or owner != request.state.reader or site not in ("same-origin", "none"):
        raise HTTPException(403, "expired")


def _may(user: Any, method: Any, entity: DagAccessEntity, dag_id: str) -> bool:
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return bool(
        get_auth_manager().is_authorized_dag(
            method=method, access_entity=entity, details=details, user=user
        )
    )


def _may_look_up(user: Any) -> bool:
    manager = get_auth_manager()
    if isinstance(manager, SimpleAuthManager):
        # It lets every user into every view of a plugin, and has no permissions of its own.
        return (user.role or "").lower() == "admin"
    return bool(
        manager.is_authorized_custom_view(method="GET", resource_name=PERSON_PERMISSION, user=user)
    )


def _tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        conf.get_mandatory_value("api", "secret_key"), salt="mailchimp-page"
    )
