"""What `model` stands for while sqlfluff reads a model."""

from __future__ import annotations

columns: dict[str, object] = {}
