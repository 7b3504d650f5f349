"""Kafka outside of Faust: topics, connections, reading, sending, dead letters."""
