"""The tables of `web` in the lake that a DAG keeps up to date."""

from airflow.sdk import Asset

TABLES = {
    "page_views": Asset(
        name="lake_web.page_views",
        uri="lake://web/page_views",
    ),
    "page_traffic": Asset(
        name="lake_web.page_traffic",
        uri="lake://web/page_traffic",
    ),
    "segment_traffic": Asset(
        name="lake_web.segment_traffic",
        uri="lake://web/segment_traffic",
    ),
}
