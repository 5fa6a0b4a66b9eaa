"""From a few answers or a live database to a complete data-platform repository."""

__version__ = "0.1.0"
