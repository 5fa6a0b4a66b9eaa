"""The assets that join the DAGs: each source once loaded, and the marts once built."""

from airflow.sdk import Asset, AssetAll

RAW_SHOP = Asset(
    name="raw_shop",
    uri="warehouse://raw_shop",
)
MARTS = Asset(name="marts", uri="warehouse://marts")

LOADED = AssetAll(
    RAW_SHOP,
)
"""When the marts are built."""
