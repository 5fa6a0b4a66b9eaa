"""One module for each topic: what its events are."""
