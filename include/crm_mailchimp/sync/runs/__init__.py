"""One run of one collection: its steps, its record, its alerts."""
