"""Handwritten YAML files: parsed with line numbers, validated against a model, every mistake reported with a hint."""
