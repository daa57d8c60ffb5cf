"""Dashboards as code: Superset's databases, datasets, charts and dashboards as YAML, and what loads them.

``assets`` has Superset's own export format. The YAML has no password. See docs/bi_tools.md.
"""
