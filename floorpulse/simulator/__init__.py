"""A sales floor that was never there: its people work, call and sell as a roster says."""
