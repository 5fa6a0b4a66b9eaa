"""Text files as records, without guessing: their layout is in the source's spec."""
