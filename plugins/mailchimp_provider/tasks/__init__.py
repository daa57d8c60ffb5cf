"""The work of the DAGs' tasks: one module a subject, one function a task, named like it.

A function takes Airflow's values (``params``, ``run_id``, …) by name and opens the connections it
needs. Then it calls the work below ``include``. DAG files import these modules while they are read.
So modules that take long to import are imported inside the functions.
"""
