"""Rows on their way to the changelogs and back."""
