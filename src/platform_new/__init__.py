"""Generate a complete data-platform repository from a few answers or a live database."""

__version__ = "0.1.0"
