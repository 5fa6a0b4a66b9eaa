"""The assets that join the DAGs: each source once loaded, and the marts once built."""

from airflow.sdk import Asset, AssetAny

RAW_SHOP = Asset(
    name="raw_shop",
    uri="warehouse://raw_shop",
)
RAW_WEB = Asset(
    name="raw_web",
    uri="warehouse://raw_web",
)
MARTS = Asset(name="marts", uri="warehouse://marts")

LOADED = AssetAny(
    RAW_SHOP,
    RAW_WEB,
)
"""When the marts are built."""
