"""One module per engine: its function `read(address, …)` reads a catalog in bulk and returns it in neutral terms."""
