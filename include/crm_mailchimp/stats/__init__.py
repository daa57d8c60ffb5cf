"""Campaign reports into the warehouse's stats tables and marts."""
