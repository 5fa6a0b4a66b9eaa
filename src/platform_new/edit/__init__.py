"""Edits of spec files: minimal changes, validated before anything is written."""
