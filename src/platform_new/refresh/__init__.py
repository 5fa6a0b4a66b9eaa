"""Re-introspect a source: what changed there, what the changes break, and how the spec follows.

`compare`, `follow`, `consequences` and `versions` are pure; `survey` introspects sources, `apply` edits the spec.
"""
