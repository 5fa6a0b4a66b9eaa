"""One module for each stream: what is made of the events."""
