"""The stand-in Mailchimp server, the embedded Postgres and the demo: trying and testing only."""
