"""Settings of Superset for the dashboards; it reads this file by ``SUPERSET_CONFIG_PATH``.

Superset runs in an environment of its own, so nothing of this project is imported here. Names of
the settings: Superset 6.1, ``superset/config.py``.
"""

import os

#: Where Superset keeps its own tables. The warehouse is no such place.
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA_URI"]
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
#: Files that Superset writes, such as its log of events.
DATA_DIR = os.environ["SUPERSET_HOME"]

BABEL_DEFAULT_LOCALE = "en"
#: Strangers see the login only.
PUBLIC_ROLE_LIKE = None
#: A dashboard draws all of its few charts at once, so a person can also print it whole.
FEATURE_FLAGS = {"DASHBOARD_VIRTUALIZATION": False}
#: The page asks no server but this one. By default it counts its visitors at one of its makers'.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
#: Uploads into the warehouse are no business of a reader.
ALLOWED_EXTENSIONS: set[str] = set()
#: A chart that waits longer than this shows an error.
SUPERSET_WEBSERVER_TIMEOUT = 60
SQLLAB_TIMEOUT = 30
#: Rows of one chart.
ROW_LIMIT = 10_000
