"""Random histories of a source, played day by day against a generated platform and compared with an oracle."""
