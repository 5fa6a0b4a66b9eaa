"""The choices that can be made, read from the folders of `template/`.

A folder `template/<axis>/<choice>/` with a card `choice.yml` is a choice; `template/<axis>/axis.yml` says what the axis
asks, and what the sheets of its choices have to say. A card directly in `template/<layer>/` is of a layer that nobody
chooses: every repository has it, or those of whose plan its `when:` is true. The spec, menus, flags, validation, JSON
Schema, tests and docs follow from these files.
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
