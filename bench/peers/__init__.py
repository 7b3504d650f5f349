"""Other stream processors on the same work; `make peers` makes the environment they run in."""
