"""Streams: from the topics of the sources to tables of the lake."""
