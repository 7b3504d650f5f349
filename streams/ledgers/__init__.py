"""The only state: rows that merge, of touches, leads and copies of leads."""
