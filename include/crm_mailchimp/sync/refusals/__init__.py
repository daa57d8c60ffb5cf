"""The ledger of refusals, asked and written in one place."""
