"""One module per job. Each has `defs`, which `orchestrate.definitions` merges."""
