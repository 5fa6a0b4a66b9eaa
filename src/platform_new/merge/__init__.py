"""What a repository was generated as, and what its owners made of it: pristine texts and git."""
