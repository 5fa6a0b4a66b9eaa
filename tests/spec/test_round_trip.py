"""Written specs can be read back."""

from __future__ import annotations

import re

from effort import cases
from hypothesis import given
from spec_folder import write_spec
from strategies import specs

from platform_new.catalog import load_catalog
from platform_new.samples import sample_names, sample_source, sample_text
from platform_new.spec.load import complete, load_spec, locate


@cases(20)
@given(specs())
def test_any_valid_spec_is_read_back_as_it_was_written(tmp_path_factory, spec):
    folder, catalog = tmp_path_factory.mktemp("repository"), load_catalog()
    write_spec(folder, spec)
    expected = spec.model_copy(
        update={"platform": complete(spec.platform, catalog, (*spec.sources, *spec.event_sources))}
    )
    assert load_spec(folder, catalog) == expected


@cases(10)
@given(specs(max_sources=1))
def test_every_table_topic_and_stream_is_found_at_its_line(tmp_path_factory, spec):
    folder = tmp_path_factory.mktemp("repository")
    write_spec(folder, spec)
    for source in spec.sources:
        lines = (folder / "sources" / f"{source.name}.yml").read_text(encoding="utf-8").split("\n")
        for table in source.tables:
            file, line = locate(folder, source.name, table.name)
            assert file == f"sources/{source.name}.yml"
            assert re.fullmatch(rf'  - name: "?{table.name}"?', lines[line - 1])
    for source in spec.event_sources:
        lines = (folder / "sources" / f"{source.name}.yml").read_text(encoding="utf-8").split("\n")
        for within, things in (("topics", source.topics), ("streams", source.streams)):
            for thing in things:
                _, line = locate(folder, source.name, thing.name, (within,))
                assert re.fullmatch(rf'  - name: "?{thing.name}"?', lines[line - 1])


def test_the_samples_are_model_source_files(tmp_path):
    """They are valid together, everything in them has a description, and no line is too long to read."""
    assert {"shop", "web"} <= set(sample_names())
    (tmp_path / "sources").mkdir()
    (tmp_path / "platform.yml").write_text("name: acme\n")
    for name in sample_names():
        (tmp_path / "sources" / f"{name}.yml").write_text(sample_text(name), encoding="utf-8")
    spec = load_spec(tmp_path, load_catalog())
    sources = (*spec.sources, *spec.event_sources)
    assert sorted(sources, key=lambda source: source.name) == [sample_source(name) for name in sample_names()]
    for source in sources:
        text, schema = sample_text(source.name), "source" if source in spec.sources else "event_source"
        assert text.startswith(f"# yaml-language-server: $schema=../.platform/schema/{schema}.json\n")
        assert max(len(line) for line in text.splitlines()) <= 120
    for table in (table for source in spec.sources for table in source.tables):
        assert table.description, table.name
        assert [column.name for column in table.columns if not (column.description or column.exclude)] == []
    for source in spec.event_sources:
        aggregates = [aggregate for stream in source.streams for aggregate in stream.aggregates]
        fields = [field for topic in source.topics for field in topic.fields]
        inner = [field for outer in fields for field in outer.fields]
        assert all(each.description for each in (*source.topics, *fields, *inner, *source.streams, *aggregates))
