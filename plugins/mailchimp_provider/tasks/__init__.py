"""The work of the DAGs' tasks: one module a subject, one function a task, named like it.

A function takes what Airflow knows (``params``, ``run_id``, …) by name, opens the connections it
needs, and calls the work below ``include``. DAG files import these modules while they are read, so
what takes long to import is imported inside the functions.
"""
