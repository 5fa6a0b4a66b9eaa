"""The modelling styles: a module for each, named after the choice, with a function `derive(sources) -> Model`."""
