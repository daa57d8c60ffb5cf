"""Operators of the Mailchimp provider."""
