"""Members of audiences: what we push, and what we read back."""
