"""Readings for Redis."""
