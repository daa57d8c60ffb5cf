"""CRM to Mailchimp and back: the work itself, importable without Airflow."""
