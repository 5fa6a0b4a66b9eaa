"""Introspection of sample events and of their schemas."""
