"""MetricFlow's command line, without its check for updates, which asks pypi.org on each call.

python transform/mf.py list metrics
python transform/mf.py query --metrics orders_count --group-by metric_time__month
"""

import update_checker


def main() -> None:
    """Run the command that the arguments name."""
    update_checker.query_pypi = lambda *_, **__: {"success": False}
    from dbt_metricflow.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
