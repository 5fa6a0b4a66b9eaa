"""Edits of topics and streams."""
