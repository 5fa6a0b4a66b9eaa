"""The available choices, read from the folders of `template/`.

A folder `template/<axis>/<choice>/` with a card `choice.yml` is a choice. `template/<axis>/axis.yml` defines the
question of the axis and the keys of its choices' sheets. A card directly in `template/<layer>/` belongs to a layer that
is not a choice: every repository has it, or every repository whose plan has the fact named in `when:`. The spec, menus,
flags, validation, JSON Schema, tests and docs are derived from these files.
"""

from platform_new.catalog.axes import MODELING_AXIS, SOURCE_AXIS, WAREHOUSE_AXIS, template_root
from platform_new.catalog.cards import Choice, Clash, TemplateFile
from platform_new.catalog.load import Axis, Catalog, load_catalog

__all__ = [
    "MODELING_AXIS",
    "SOURCE_AXIS",
    "WAREHOUSE_AXIS",
    "Axis",
    "Catalog",
    "Choice",
    "Clash",
    "TemplateFile",
    "load_catalog",
    "template_root",
]
