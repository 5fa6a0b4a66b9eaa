"""Edits of any valid spec leave a valid spec."""

from __future__ import annotations

from effort import SLOW_TO_DRAW, cases
from hypothesis import assume, given
from hypothesis import strategies as st
from spec_folder import write_spec
from strategies import specs

from platform_new.catalog import load_catalog
from platform_new.edit.remove import remove_table
from platform_new.edit.spec_files import SpecFiles
from platform_new.spec.load import load_spec

CATALOG = load_catalog()


@cases(15, 60, suppress_health_check=SLOW_TO_DRAW)
@given(specs(), st.data())
def test_any_table_but_the_last_is_removed_with_what_refers_to_it(tmp_path_factory, spec, data):
    folder = tmp_path_factory.mktemp("repository")
    write_spec(folder, spec)
    removable = [
        (source, table)
        for source in spec.sources
        for table in source.tables
        if not all(other.exclude for other in source.tables if other is not table)
    ]
    assume(removable)
    source, table = data.draw(st.sampled_from(removable))
    files = SpecFiles(folder)
    remove_table(files, f"{source.name}.{table.name}", with_references=True)
    with files.written() as written:
        after = load_spec(written, CATALOG)
    kept = {each.name: each for each in after.sources}[source.name]
    assert {each.name for each in kept.tables} == {each.name for each in source.tables} - {table.name}
