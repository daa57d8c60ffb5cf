"""The page "Mailchimp" in Airflow: its views, its words in two languages, and its actions."""
