"""One module per source, which connects it to its reader."""
