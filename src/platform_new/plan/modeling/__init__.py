"""The modelling styles: each a module with one door, `derive(sources) -> Model`, found by the choice's name."""
