"""YAML files as people write them: read with their lines, held against a model, and every mistake with a hint."""
