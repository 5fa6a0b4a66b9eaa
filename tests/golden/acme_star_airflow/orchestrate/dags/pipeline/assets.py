"""The assets that connect the DAGs: each loaded source, and the built marts."""

from airflow.sdk import Asset, AssetAll

RAW_SHOP = Asset(
    name="raw_shop",
    uri="warehouse://raw_shop",
)
MARTS = Asset(name="marts", uri="warehouse://marts")

LOADED = AssetAll(
    RAW_SHOP,
)
"""The assets whose updates start the build of the marts."""
