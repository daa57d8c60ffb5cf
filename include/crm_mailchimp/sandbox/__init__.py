"""The door to the Mailchimp sandbox, the embedded Postgres, the demo: trying and testing only."""
