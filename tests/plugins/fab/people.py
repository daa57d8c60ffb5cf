"""Makes roles and people in FAB's tables, and says which addresses the page has. Runs where FAB is.

Argument: JSON of role to its rights, each a pair of action and resource; null for one of FAB's own
roles. Each role gets a person of the same name, with the password of the environment variable
``PASSWORD``.
"""

import json
import os
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from fastapi.routing import APIRoute

from mailchimp_provider.page import app as page

with get_application_builder() as builder:
    manager = builder.sm
    for name, rights in json.loads(sys.argv[1]).items():
        role = manager.find_role(name) if rights is None else manager.add_role(name)
        for action, resource in rights or ():
            manager.add_permission_to_role(role, manager.create_permission(action, resource))
        added = manager.add_user(
            name, "Άννα", "Παπαδοπούλου", f"{name}@example.com", role, os.environ["PASSWORD"]
        )
        assert added, name

routes = [route for route in page.app.routes if isinstance(route, APIRoute)]
print(
    "answer:"
    + json.dumps(
        {
            route.path: [
                query.alias
                for query in route.dependant.query_params
                if query.field_info.is_required()
            ]
            for route in routes
            if "GET" in route.methods
        }
    )
)
