"""What the wall is given of the roster: who sees what."""
