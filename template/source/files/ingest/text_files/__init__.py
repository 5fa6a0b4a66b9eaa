"""Text files as records, without guessing: the spec of the source describes their layout."""
