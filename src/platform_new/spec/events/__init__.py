"""The part of the spec that only sources of events have: topics, streams, and the tables that they write."""
