"""Is everything ready for going live? Checks that only read, each with findings for people."""
