"""Copies of the CRM's rows: what a run works on."""
