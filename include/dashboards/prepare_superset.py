"""Makes Superset's own tables, roles and one admin; runs in Superset's environment.

One process, because each of Superset's commands needs seconds to start. The same steps by hand:
``superset db upgrade``, ``superset fab create-admin``, ``superset init``.
"""

import os
from pathlib import Path

import superset
from flask_migrate import upgrade
from superset.app import create_app


def prepare(user: str, password: str) -> None:
    """Bring the tables to the installed version; make the admin, or give it this password.

    Args:
        user: name of the admin.
        password: of the admin.
    """
    with create_app().app_context():
        upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
    # Started again: what is set up at the start needs the tables.
    app = create_app()
    with app.app_context():
        app.appbuilder.add_permissions(update_perms=True)
        security = app.appbuilder.sm
        security.sync_role_definitions()
        if known := security.find_user(user):
            security.reset_password(known.id, password)
        else:
            # No mail ever goes there: the domain is reserved (RFC 2606).
            security.add_user(
                user,
                "Admin",
                "Admin",
                "admin@superset.invalid",
                security.find_role("Admin"),
                password,
            )


if __name__ == "__main__":
    prepare(os.environ["SUPERSET_USER"], os.environ["SUPERSET_PASSWORD"])
