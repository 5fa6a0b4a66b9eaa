"""The modelling styles: a module for each, named after the choice.

Each has a function `derive(sources, platform, rebuilt_because) -> Model`.
"""
