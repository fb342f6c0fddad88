# SPDX-License-Identifier: Apache-2.0
"""MQTT.js before Mosquitto, which listens on plain TCP alone."""

import base64
import itertools

import pytest

from npm_client import in_base64
from servers.mosquitto import Mosquitto
from support.matrix import every_scheme
from support.targets import pattern

pytestmark = [pytest.mark.sanitizer, every_scheme]

BINARY = bytes(range(256))
_numbers = itertools.count()


@pytest.fixture(scope="module")
def broker():
    server = Mosquitto()
    yield server
    server.close()


@pytest.fixture
def topic():
    """One that no other test uses."""
    return f"peers/{next(_numbers)}"


@pytest.fixture
def url(broker, endpoint, url_of):
    return url_of(endpoint(broker))


def payloads(messages):
    return [base64.b64decode(message["payload"]) for message in messages]


@pytest.mark.parametrize("version, protocol", [(3, "mqttv3.1"), (4, "mqtt"), (5, "mqtt")])
def test_each_quality_of_service_arrives(npm, url, topic, version, protocol):
    texts = [b"at most once", BINARY, "exactly once: \u00fc".encode()]
    said = npm("mqtt", "publish", url=url, version=version, topic=topic,
               payloads=[in_base64(one) for one in texts])
    assert said["protocols"] == [protocol] * 2
    arrived = sorted(said["messages"], key=lambda message: message["topic"])
    assert [message["topic"] for message in arrived] == [f"{topic}/{qos}" for qos in range(3)]
    assert [message["qos"] for message in arrived] == [0, 1, 2]
    assert payloads(arrived) == texts


def test_a_large_message_arrives_whole(npm, url, topic):
    large = b"".join(pattern(200 * 1024))
    said = npm("mqtt", "publish", url=url, version=4, topic=topic, payloads=[in_base64(large)])
    assert payloads(said["messages"]) == [large]


def test_a_retained_message_waits_for_who_comes_late(npm, url, topic):
    messages = npm("mqtt", "retain", url=url, topic=topic, payload=in_base64(BINARY))
    assert payloads(messages) == [BINARY]
    assert messages[0]["retain"] and messages[0]["topic"] == topic


def test_the_will_of_a_client_that_vanishes_is_done(npm, url, topic):
    messages = npm("mqtt", "vanish", url=url, topic=topic, payload=in_base64(b"my will"))
    assert payloads(messages) == [b"my will"]
    assert (messages[0]["qos"], messages[0]["topic"]) == (1, topic)
