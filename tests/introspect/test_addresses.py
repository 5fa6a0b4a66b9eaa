"""Addresses that cannot be used are refused with a reason and a cure, and without their password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_new.errors import Refused
from platform_new.introspect import look_at
from platform_new.introspect.address import redact

SECRET = "hun/ter 2@x"
SPELT = ("hun%2Fter%202%40x", "hun/ter", "ter%202", "hun%2Fter+2%40x", "ter 2")


def refused(address: str) -> str:
    with pytest.raises(Refused) as caught:
        look_at(address)
    text = str(caught.value)
    assert all(problem.reason and problem.cure for problem in caught.value.problems)
    assert SECRET not in text and not any(spelling in text for spelling in SPELT)
    return text


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("oracle://me:hun%2Fter%202%40x@host/db", "not known"),
        ("mssql+pyodbc://me:hun%2Fter%202%40x@host/db", "not known"),
        ("https://example.com/x", "not known"),
        ("/no/such/folder", "no such folder"),
        ("no-such-folder", "no such folder"),
        ("no-such-events.jsonl.gz", "no such file"),
        ("sqlite:///no/such/file.db", "no such file"),
        ("sqlite://", "names no file"),
        ("duckdb:///no/such/file.db", "no such file"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://me@127.0.0.1:1/db?password=hun%2Fter%202%40x", "cannot be reached"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:99999999/db", "cannot be read"),
        ("postgresql://me:hun%2Fter%202%40x@127.0.0.1:1/db?nonsense=1", "cannot be reached"),
        ("mysql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("mariadb+pymysql://me:hun%2Fter%202%40x@127.0.0.1:1/db", "cannot be reached"),
        ("mysql://me:hun%2Fter%202%40x@127.0.0.1:1", "names no database"),
    ],
)
def test_what_cannot_be_used_is_refused(address, reason):
    assert reason in refused(address)


def test_postgres_says_what_is_wrong(postgres_url):
    host = postgres_url.rpartition("@")[2]
    assert "no such database" in refused(f"postgresql://postgres:hun%2Fter%202%40x@{host}/nope")
    assert "does not let this user in" in refused(f"postgresql://nobody_here:hun%2Fter%202%40x@{host}/postgres")


def test_an_empty_database_is_refused(make_postgres):
    assert "no tables" in refused(make_postgres("empty"))


def test_mariadb_says_what_is_wrong(mariadb_url):
    host = mariadb_url.rpartition("@")[2]
    assert "does not let this user in" in refused(f"mysql://me:hun%2Fter%202%40x@{host}/mysql")
    assert "no such database" in refused(f"{mariadb_url}/nope")


@given(st.text(min_size=4, max_size=20, alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_spelling_of_a_password_is_left(password):
    from urllib.parse import quote

    for spelt in (password, quote(password, safe="")):
        url = f"postgresql://user:{spelt}@host:5432/db"
        shown = redact(f"failed: {url} with {password} as {quote(password)}", url)
        assert (
            password not in shown.replace("***", "") or password in "failed: postgresql://user:@host:5432/db with  as "
        )
