"""Mailchimp behind the provider seam: client, errors, audiences, members, campaigns, reports."""
