"""Hooks of the Mailchimp provider."""
