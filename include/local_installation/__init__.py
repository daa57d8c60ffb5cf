"""The project on one machine without root, Docker or accounts: for the demo and the tests.

An embedded Postgres, the Mailchimp sandbox and the real Airflow components. No wheel holds it.
"""
