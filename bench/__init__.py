"""Benches of a worker (`make bench`); docs/performance.md says what they measure and gave."""
