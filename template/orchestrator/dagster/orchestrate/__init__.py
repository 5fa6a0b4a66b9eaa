"""The schedules of this repository, for Dagster."""
