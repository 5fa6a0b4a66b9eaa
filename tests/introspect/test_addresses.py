"""Invalid addresses are refused with a reason and a hint, and without their password."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_new.errors import Refused
from platform_new.introspect import introspect
from platform_new.introspect.address import redact

SECRET = "hun/ter 2@x"
SPELT = ("hun%2Fter%202%40x", "hun/ter", "ter%202", "hun%2Fter+2%40x", "ter 2")


def refused(address: str) -> str:
    with pytest.raises(Refused) as caught:
        introspect(address)
    text = str(caught.value)
    assert all(problem.reason and problem.hint for problem in caught.value.problems)
    assert SECRET not in text and not any(spelling in text for spelling in SPELT)
    return text


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("oracle://me:hun%2Fter%202%40x@host/db", "unknown kind of address"),
        ("mssql+pyodbc://me:hun%2Fter%202%40x@host/db", "unknown kind of address"),
        ("https://example.com/x", "unknown kind of address"),
        ("/no/such/folder", "no such folder"),
        ("no-such-folder", "no such folder"),
        ("no-such-events.jsonl.gz", "no such file"),
        ("sqlite:///no/such/file.db", "no such file"),
        ("sqlite://", "names no file"),
        ("duckdb:///no/such/file.db", "no such file"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://me@127.0.0.1:1/db?password=hun%2Fter%202%40x", "cannot be reached"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:99999999/db", "cannot be parsed"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:1/db?nonsense=1", "does not know"),
        ("mysql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("mariadb+pymysql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("mysql://me:hun%2Fter%202%40x@127.0.0.1:1", "has no database"),
    ],
)
def test_an_invalid_address_is_refused(address, reason):
    assert reason in refused(address)


def test_postgres_says_what_is_wrong(postgres_url):
    host = postgres_url.rpartition("@")[2]
    assert "no such database" in refused(f"postgresql://postgres:hun%2Fter%202%40x@{host}/nope")
    assert "rejects this user or password" in refused(f"postgresql://nobody_here:hun%2Fter%202%40x@{host}/postgres")


def test_an_empty_database_is_refused(make_postgres):
    assert "no tables" in refused(make_postgres("empty"))


def test_mariadb_says_what_is_wrong(mariadb_url):
    host = mariadb_url.rpartition("@")[2]
    assert "rejects this user or password" in refused(f"mysql://me:hun%2Fter%202%40x@{host}/mysql")
    assert "no such database" in refused(f"{mariadb_url}/nope")


RESERVED = "@/#?[]:% &=+'\"$\\"
secrets = st.one_of(
    st.text(st.sampled_from(f"aZ9-{RESERVED}ä"), min_size=1, max_size=14),
    st.sampled_from(["a", "@", "%", "to", "host", "p%40w", "hunter2@x/y#z?", "50%/off", "pa ss:word[1]"]),
)
PLACES = ("127.0.0.1:1/db", "no-such-host.invalid/db", "127.0.0.1:99999999/db", "127.0.0.1:port/db", "127.0.0.1:1")


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    secrets, st.booleans(), st.sampled_from(PLACES), st.sampled_from(["postgresql", "mysql", "oracle", "sqlite", "x"])
)
def test_no_message_about_an_address_contains_the_password(password, encoded, place, scheme):
    spelt = quote(password, safe="") if encoded else password
    with pytest.raises(Refused) as caught:
        introspect(f"{scheme}://me:{spelt}@{place}")
    with pytest.raises(Refused) as without:
        introspect(f"{scheme}://me:{'q' * 30}@{place}")
    text, plain = str(caught.value), str(without.value)
    if encoded:
        # The password does not change the message, even if it is a single letter.
        assert text == plain
    elif len(password) > 3 and password not in plain:
        assert password not in text


@pytest.mark.parametrize("letter", "@/#?[]% ")
@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_reserved_character_in_a_password_is_refused_with_its_encoding(scheme, letter):
    with pytest.raises(Refused) as caught:
        introspect(f"{scheme}://me:hun{letter}ter@127.0.0.1:1/db")
    said = str(caught.value)
    assert f"as `{quote(letter, safe='')}`" in said
    assert "hun" not in said and "ter@" not in said


def test_a_short_password_masks_no_other_words():
    url = "postgresql://me:a@127.0.0.1:1/database"
    assert redact(f"a database at {url} failed", url) == "a database at postgresql://me:***@127.0.0.1:1/database failed"
