"""A second look at a source: what has changed there, what that breaks, and how the spec follows.

`compare`, `follow`, `consequences` and `versions` are pure; `look` reads sources, `apply` writes the spec.
"""
