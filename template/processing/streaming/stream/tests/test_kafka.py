"""Both clients connect to the brokers in the same way, and no error shows a password."""

from __future__ import annotations

import dataclasses

import pytest

from stream.errors import StreamError
from stream.kafka import client_options, offsets, spark_options
from stream.tests import clicks

TOPIC = dataclasses.replace(clicks.TOPIC, source="visits", name="visits.v1", variable="VISITS_URL")
LOGIN = """# of the team's own user
security.protocol=SASL_SSL
sasl.mechanism = SCRAM-SHA-512
sasl.username=streams
sasl.password=a "secret" = \\ here
ssl.ca.location=ca.pem
"""


@pytest.fixture
def properties(tmp_path, monkeypatch):
    """Writes the properties of the source, beside a certificate."""
    monkeypatch.setenv("VISITS_URL", "broker:9093")
    monkeypatch.setenv("VISITS_KAFKA_PROPERTIES", str(tmp_path / "visits.properties"))
    (tmp_path / "ca.pem").write_text("a certificate", encoding="utf-8")
    return lambda text: (tmp_path / "visits.properties").write_text(text, encoding="utf-8")


def test_without_properties_the_clients_get_only_the_address(monkeypatch):
    monkeypatch.setenv("VISITS_URL", "broker:9092")
    monkeypatch.delenv("VISITS_KAFKA_PROPERTIES", raising=False)

    assert client_options(TOPIC) == {"bootstrap.servers": "broker:9092"}
    assert spark_options(TOPIC) == {"kafka.bootstrap.servers": "broker:9092"}


def test_both_clients_get_the_same_properties_under_their_own_names(properties, tmp_path):
    properties(LOGIN)

    assert client_options(TOPIC) == {
        "bootstrap.servers": "broker:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "streams",
        "sasl.password": 'a "secret" = \\ here',
        "ssl.ca.location": str(tmp_path / "ca.pem"),
    }
    assert spark_options(TOPIC) == {
        "kafka.bootstrap.servers": "broker:9093",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "SCRAM-SHA-512",
        "kafka.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="streams" password="a \\"secret\\" = \\\\ here";',
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.certificates": "a certificate",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LOGIN + "sasl.jaas.config=secret", "line 7 is not one of these"),
        (LOGIN + "secret", "line 7 is not one of these"),
        (LOGIN.replace("sasl.username", "#"), "sasl.username is missing"),
        (
            LOGIN.replace("SASL_SSL", "SASL_PLAINTEXT"),
            r"ssl\.\* needs a security.protocol with SSL",
        ),
        (LOGIN.replace("security.protocol", "#"), r"sasl\.\* needs a security.protocol with SASL"),
        (LOGIN.replace("SCRAM-SHA-512", "secret"), "sasl.mechanism must be one of"),
        (LOGIN.replace("ca.pem", "none.pem"), "line 6 names .*none.pem, which cannot be read"),
        ("security.protocol=SASL_SSL", "sasl.mechanism is missing"),
    ],
)
def test_an_error_in_the_properties_shows_no_secret(properties, text, reason):
    properties(text)

    for options in (client_options, spark_options):
        with pytest.raises(StreamError, match=reason) as error:
            options(TOPIC)
        assert "secret" not in str(error.value)


def test_a_missing_file_is_an_error_that_names_its_variable(properties):
    with pytest.raises(StreamError, match=r"VISITS_KAFKA_PROPERTIES names .* cannot be read"):
        client_options(TOPIC)


def test_an_error_of_the_client_shows_no_value(properties):
    properties("security.protocol=secret")

    with pytest.raises(StreamError, match=r"refuses the properties of visits: .*security") as error:
        offsets(TOPIC)
    assert "secret" not in str(error.value)
