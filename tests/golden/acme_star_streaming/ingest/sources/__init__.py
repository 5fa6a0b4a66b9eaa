"""One module for each source: how it is read and loaded."""
