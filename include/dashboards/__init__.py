"""Dashboards as code: Superset's database, datasets, charts and dashboards, and what loads them.

``assets`` has Superset's own export format. The YAML has no password. See docs/bi_tools.md.
"""
