"""Tells the world outside what the log says: by webhook and over MQTT, each with a place of its own in the one log."""
