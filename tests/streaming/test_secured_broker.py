"""A broker that wants TLS and a password is reached by both clients, and the password is told by neither."""

from __future__ import annotations

import subprocess
from pathlib import Path

import environment as environments
import pytest
from local_kafka import LocalKafka

from platform_new import flow

pytestmark = pytest.mark.exhaustive

PASSWORD = 'a "good" \\ one'
JOB = """
import sys
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from stream.kafka import client_options, spark_options
from stream.create_topics import all_topics
from stream.session import session

(topic,) = all_topics()
admin = AdminClient({**client_options(topic), "log_level": 0})
try:
    admin.list_topics(timeout=10)
except KafkaException as error:
    print("Python:", error)
else:
    admin.create_topics([NewTopic(topic.name, 1, 1)])[topic.name].result(30)
    producer = Producer(client_options(topic))
    for value in ("one", "two", "three"):
        producer.produce(topic.name, value)
    producer.flush(30)
spark = session("secured")
options = {**spark_options(topic), "kafka.default.api.timeout.ms": 10000, "kafka.request.timeout.ms": 5000}
reader = spark.read.format("kafka").options(**options).option("subscribe", topic.name)
try:
    print("Spark:", reader.load().count())
except Exception as error:
    print("Spark:", error)
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A folder with `ca.pem`, which is the certificate of both sides, and its `key.pem`."""
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", folder / "key.pem", "-out", folder / "ca.pem"], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def secured(certificate, stream_environment, tmp_path_factory):
    """A broker whose only listener for clients wants TLS, a certificate of theirs, and a password."""

    def in_one_line(name: str) -> str:
        return (certificate / name).read_text().strip().replace("\n", "\\n\\\n")

    password = PASSWORD.replace("\\", "\\\\").replace('"', '\\"').replace("\\", "\\\\")
    login = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_streams="{password}"'
    listener = "listener.name.sasl_ssl."
    kafka = LocalKafka(
        tmp_path_factory.mktemp("secured"),
        stream_environment / ".jars/kafka",
        "SASL_SSL",
        {
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "SASL_SSL",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.enabled.mechanisms": "PLAIN",
            f"{listener}plain.sasl.jaas.config": f'{login} username="streams" password="{password}";',
            f"{listener}ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.certificate.chain": in_one_line("ca.pem"),
            "ssl.keystore.key": in_one_line("key.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.certificates": in_one_line("ca.pem"),
        },
    )
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture(scope="module")
def run(secured, certificate, stream_environment, tmp_path_factory):
    """Runs the job with a password; its output."""
    spec = environments.sample_streams("acme")
    folder = flow.create(tmp_path_factory.mktemp("secured") / "acme", spec, git=False).folder
    (folder / ".jars").symlink_to(stream_environment / ".jars")

    def run(password: str) -> str:
        properties = certificate / "web.properties"
        properties.write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=streams\n"
            f"sasl.password={password}\nssl.ca.location=ca.pem\nssl.certificate.location=ca.pem\n"
            "ssl.key.location=key.pem\n"
        )
        variables = {"WEB_URL": secured.servers, "WEB_KAFKA_PROPERTIES": str(properties)}
        command = [stream_environment / ".venv-stream/bin/python", "-c", JOB]
        done = subprocess.run(
            command, cwd=folder, env=environments.clean(variables), capture_output=True, text=True, check=False
        )
        log = folder / "data/logs/spark.log"
        return done.stdout + done.stderr + (log.read_text() if log.exists() else "")

    return run


def test_messages_go_through_tls_with_a_certificate_and_a_password(run):
    assert "Spark: 3\n" in run(PASSWORD)


def test_a_wrong_password_is_refused_and_not_told(run):
    told = run("not-that-one")

    assert "Python: " in told and "Spark: 3\n" not in told
    assert "not-that-one" not in told
