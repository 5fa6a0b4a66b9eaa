"""Changes of a spec's files: as small as a careful person would make them, and checked before anything is written."""
