"""The assets that connect the DAGs: each loaded source, and the built marts."""

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
"""The assets whose updates start the build of the marts."""
