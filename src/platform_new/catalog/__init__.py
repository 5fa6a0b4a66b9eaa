"""The choices that can be made, read from the folders of `template/`.

A folder `template/<axis>/<choice>/` with a card `choice.yml` is a choice; `template/<axis>/axis.yml`
says what the axis asks. Menus, flags, validation, JSON Schema and docs follow from these files.
"""

from platform_new.catalog.cards import Axis, Catalog, Choice, Clash, TemplateFile, load_catalog, template_root

__all__ = ["Axis", "Catalog", "Choice", "Clash", "TemplateFile", "load_catalog", "template_root"]
