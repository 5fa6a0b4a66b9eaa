"""What a repository was generated as (its baseline), and what its owners made of it."""
