"""One module per engine: each reads a catalog in bulk and gives it in neutral terms, with `read(address, …)`."""
