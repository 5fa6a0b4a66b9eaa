"""The events of each topic, in a module of its own."""
