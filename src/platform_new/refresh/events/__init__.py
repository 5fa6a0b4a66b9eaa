"""Changes of topics, found in newer events."""
