"""Plan, push, pull-back, removal and guard of one collection's audience."""
