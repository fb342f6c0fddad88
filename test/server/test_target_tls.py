# SPDX-License-Identifier: Apache-2.0
"""TLS toward the target: whose certificate is accepted, and that a tunnel over it loses nothing."""

import os
import socket
import ssl
import threading
import time

import pytest

from support import policy, targets
from support.authority import Authority
from support.matrix import event_and_prefork, every_scheme, everywhere
from support.target_tls import Tls
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer

UNREACHABLE = b"The target of this endpoint cannot be reached."


@pytest.fixture
def system(certificate):
    """The authority that httpd's machine trusts."""
    return certificate.authority


@pytest.fixture(scope="session")
def stranger(certificate):
    """An authority that nobody trusts unless a policy names it."""
    return Authority(certificate.authority.root.parent, "stranger")


@pytest.fixture
def secure(start):
    """secure(issued or context, kind=targets.Echo): a target that speaks TLS."""

    def make(issued, *, kind=targets.Echo, **options):
        context = issued if isinstance(issued, ssl.SSLContext) else issued.server_context()
        tls = Tls(context)
        target = start(kind(openings=[tls], **options))
        target.asked_names = tls.asked_names
        return target

    return make


def refused(httpd, client, path, target, why):
    """The handshake is answered with 502, the log says why, and the target learns nothing."""
    httpd.expect(rf"target-tls: .*{why}")
    response = client.handshake(path)
    assert response.status == 502
    assert UNREACHABLE in response.body
    assert str(target.port).encode() not in response.body
    session = target.session()
    assert wait_until(session.ended.is_set, 10)
    assert not session.opened.is_set() or session.received_size == 0


# -- what is accepted ----------------------------------------------------------------------------

@everywhere
def test_a_target_with_the_right_certificate_is_reached(httpd, client, endpoint, secure, system):
    target = secure(system.issue("DNS:localhost"))
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    tunnel.echo(b"over TLS")
    tunnel.close()
    session = target.session()
    assert session.wait_ended() == "fin", "no close_notify"
    assert session.connection.version == "TLSv1.3"
    assert target.asked_names == ["localhost"]
    assert httpd.error_log.find(
        rf"target localhost:{target.port}: TLS for the name localhost: TLSv1\.3")


@pytest.mark.parametrize("scheme", ["http", "https"], indirect=True)
def test_tls_1_2_is_enough(client, endpoint, secure, system):
    context = system.issue("DNS:localhost").server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    target = secure(context)
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    tunnel.echo(b"over TLS 1.2")
    tunnel.close()
    assert target.session().connection.version == "TLSv1.2"
    assert target.session().wait_ended() == "fin"


@pytest.mark.parametrize("names", ["DNS:irc.chat.test", "DNS:other.test,DNS:IRC.chat.test",
                                   "DNS:*.chat.test"])
def test_the_policy_may_name_who_is_expected(client, endpoint, secure, system, names):
    target = secure(system.issue(names))
    more = "<tls/><tls-name>irc.chat.test</tls-name>"
    with client.websocket(endpoint(target, host="127.0.0.1", more=more)) as tunnel:
        tunnel.echo(b"by another name")
    assert target.asked_names == ["irc.chat.test"]


def test_an_address_is_looked_for_among_the_addresses(client, endpoint, secure, system):
    """RFC 9525 4.1; and RFC 6066 3: no address is ever asked for in server_name."""
    target = secure(system.issue("DNS:other.test,IP:127.0.0.1"))
    with client.websocket(endpoint(target, host="127.0.0.1", more="<tls/>")) as tunnel:
        tunnel.echo(b"by address")
    assert target.asked_names == [None]


def test_an_ipv6_address_is_looked_for_among_the_addresses(client, endpoint, secure, system):
    target = secure(system.issue("IP:::1"), address="::1")
    with client.websocket(endpoint(target, host="::1", more="<tls/>")) as tunnel:
        tunnel.echo(b"by address")


def test_an_intermediate_authority_may_stand_between(client, endpoint, secure, system):
    target = secure(system.intermediate().issue("DNS:localhost"))
    with client.websocket(endpoint(target, host="localhost", more="<tls/>")) as tunnel:
        tunnel.echo(b"two steps")


def test_mod_ssl_need_not_be_there(new_httpd, connect_to, secure, system):
    httpd = new_httpd(without=["ssl"])
    target = secure(system.issue("DNS:localhost"))
    httpd.write("ws/a.xml", policy.document(target.port, host="localhost", more="<tls/>"))
    with connect_to(httpd).websocket("/ws/a.xml") as tunnel:
        tunnel.echo(b"without mod_ssl")


@every_scheme
def test_tls_goes_over_a_unix_socket(new_httpd, connect_to, secure, system, scheme):
    httpd = new_httpd(targets="unix:{root}/run/*.sock")
    target = secure(system.issue("DNS:irc.test"), path=httpd.root / "run" / "irc.sock")
    httpd.write("ws/unix.xml", f"<websocket><host>unix:{httpd.root}/run/irc.sock</host><tls/>"
                               "<tls-name>irc.test</tls-name></websocket>")
    tunnel = connect_to(httpd, scheme).websocket("/ws/unix.xml")
    tunnel.echo(b"no port at all")
    tunnel.close()
    assert target.session().wait_ended() == "fin"
    assert target.asked_names == ["irc.test"]


# -- what is not ---------------------------------------------------------------------------------

@event_and_prefork
@pytest.mark.parametrize("names, options, why", [
    ("DNS:other.test", {}, r'"localhost".*hostname mismatch.*it is for "other\.test"'),
    ("DNS:*.localhost", {}, "hostname mismatch"),
    ("DNS:local*,DNS:l*t", {}, "hostname mismatch"),
    ("IP:127.0.0.1", {}, "hostname mismatch.*it is for 127[.]0[.]0[.]1"),
    (None, {"subject": "/CN=localhost"}, "hostname mismatch.*it is for no name"),
    ("DNS:localhost", {"days": -1}, r'certificate has expired \(depth 0, subject "CN=target"\)'),
    ("DNS:localhost", {"usage": "clientAuth"}, "purpose"),
    ("DNS:localhost", {"ca": True, "names": "DNS:other.test"}, "hostname mismatch"),
], ids=["other-name", "name-below", "partial-wildcard", "address", "common-name", "expired",
        "clients-own", "authority"])
def test_a_certificate_that_is_not_right_is_refused(httpd, client, endpoint, secure, system, names,
                                                    options, why):
    target = secure(system.issue(**{"names": names, **options}))
    refused(httpd, client, endpoint(target, host="localhost", more="<tls/>"), target, why)


@event_and_prefork
@every_scheme
def test_who_is_not_vouched_for_is_refused(httpd, client, endpoint, secure, stranger):
    target = secure(stranger.issue("DNS:localhost"))
    refused(httpd, client, endpoint(target, host="localhost", more="<tls/>"), target,
            "unable to get local issuer certificate.*system's authorities")


def test_who_vouches_for_himself_is_refused(httpd, client, endpoint, secure, system):
    target = secure(system.self_signed("DNS:localhost"))
    refused(httpd, client, endpoint(target, host="localhost", more="<tls/>"), target,
            r'self-signed certificate \(depth 0, subject "CN=self"\)')


def test_an_address_that_is_written_as_a_name_is_refused(httpd, client, endpoint, secure, system):
    target = secure(system.issue("DNS:127.0.0.1"))
    refused(httpd, client, endpoint(target, host="127.0.0.1", more="<tls/>"), target,
            "IP address mismatch")


def test_a_subject_cannot_forge_lines_of_the_log(httpd, client, endpoint, secure, system):
    target = secure(system.issue("DNS:other.test", subject="/CN=a\" [error] forged\\\n[x] line"))
    refused(httpd, client, endpoint(target, host="localhost", more="<tls/>"), target,
            "hostname mismatch")
    assert not any(line.raw.startswith("[x]") for line in httpd.error_log.lines())


def test_tls_1_1_is_refused(httpd, client, endpoint, secure, system):
    target = secure(system.issue("DNS:localhost").server_context(version=ssl.TLSVersion.TLSv1_1))
    refused(httpd, client, endpoint(target, host="localhost", more="<tls/>"), target,
            "handshake failed: tlsv1 alert protocol version")


@every_scheme
def test_a_target_that_speaks_no_tls_is_refused(httpd, client, endpoint, start):
    target = start(targets.Greeter(b"220 mail.test ESMTP ready, and nothing of TLS\r\n"))
    httpd.expect("target-tls: .*wrong version number .what the target sends is not TLS")
    assert client.handshake(endpoint(target, host="localhost", more="<tls/>")).status == 502


def test_a_target_that_hangs_up_is_refused(httpd, client, endpoint, start):
    target = start(targets.Closer(b""))
    httpd.expect("target-tls: .*handshake failed")
    assert client.handshake(endpoint(target, host="localhost", more="<tls/>")).status == 502


def test_a_certificate_that_is_not_right_is_final(httpd, client, endpoint, secure, system):
    """Without a host both loopback addresses are tried, but only for the want of a connection."""
    wrong = secure(system.issue("DNS:other.test"))
    right = secure(system.issue("DNS:irc.test"), address="::1", port=wrong.port)
    refused(httpd, client, endpoint(wrong, more="<tls/><tls-name>irc.test</tls-name>"), wrong,
            "hostname mismatch")
    assert not right.sessions


# -- time ----------------------------------------------------------------------------------------

class Silent(targets.Target):
    """Listens, and says nothing."""

    def serve(self, session):
        session.receive_to_end()


class Flooding(targets.Target):
    """Says HelloRequest (RFC 5246 7.4.1.1) for ever, which a client that shakes hands ignores."""

    def serve(self, session):
        record = b"\x16\x03\x03" + (4 * 4000).to_bytes(2, "big") + bytes(4 * 4000)
        while True:
            session.send(record)


@event_and_prefork
@pytest.mark.parametrize("kind", [Silent, Flooding])
def test_a_target_that_does_not_answer_is_a_gateway_timeout(new_httpd, connect_to, start, kind):
    httpd = new_httpd(extra="WebSocketConnectTimeout 700ms")
    target = start(kind())
    httpd.expect("target-tls: .*not over in time; see WebSocketConnectTimeout")
    httpd.write("ws/late.xml", policy.document(target.port, host="localhost", more="<tls/>"))
    began = time.monotonic()
    response = connect_to(httpd).handshake("/ws/late.xml")
    assert response.status == 504
    assert 0.6 < time.monotonic() - began < 5
    assert b"does not answer" in response.body
    assert target.session().wait_ended()


# -- the file that a policy pins its target to -----------------------------------------------------

def pinned(path):
    return f"<tls>{path}</tls>"


@event_and_prefork
@every_scheme
def test_the_authority_in_the_file_counts(client, endpoint, secure, stranger):
    target = secure(stranger.issue("DNS:localhost"))
    path = endpoint(target, host="localhost", more=pinned(stranger.root))
    for _ in range(2):  # read, then known
        with client.websocket(path) as tunnel:
            tunnel.echo(b"pinned")


def test_an_intermediate_authority_or_the_certificate_itself_may_stand_in_the_file(
        client, endpoint, secure, stranger):
    below = stranger.intermediate()
    target = secure(below.issue("DNS:localhost"))
    with client.websocket(endpoint(target, host="localhost", more=pinned(below.root))) as tunnel:
        tunnel.echo(b"an authority below the root")
    for issued in (stranger.self_signed("DNS:localhost"), stranger.issue("DNS:localhost")):
        path = endpoint(secure(issued), host="localhost", more=pinned(issued.certificate))
        with client.websocket(path) as tunnel:
            tunnel.echo(b"the very certificate")


def test_several_authorities_may_stand_in_the_file(client, endpoint, secure, system, stranger):
    both = system.root.parent / "both.crt"
    both.write_text("Text between them is ignored.\n"
                    + system.root.read_text() + stranger.root.read_text())
    for authority in (system, stranger):
        path = endpoint(secure(authority.issue("DNS:localhost")), host="localhost",
                        more=pinned(both))
        with client.websocket(path) as tunnel:
            tunnel.echo(b"either")


def test_the_systems_authorities_do_not_count_beside_a_file(httpd, client, endpoint, secure, system,
                                                            stranger):
    target = secure(system.issue("DNS:localhost"))
    refused(httpd, client, endpoint(target, host="localhost", more=pinned(stranger.root)), target,
            "unable to get local issuer certificate.*file that <tls> names")


def test_a_name_counts_beside_a_file_too(httpd, client, endpoint, secure, stranger):
    issued = stranger.self_signed("DNS:other.test")
    target = secure(issued)
    refused(httpd, client, endpoint(target, host="localhost", more=pinned(issued.certificate)),
            target, "hostname mismatch")


def _fifo(path):
    os.mkfifo(path)
    path.chmod(0o666)


UNUSABLE = {
    "missing": (lambda path: None, "No such file"),
    "fifo": (_fifo, "no regular file"),
    "directory": (lambda path: path.mkdir(), "no regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "socket": (lambda path: socket.socket(socket.AF_UNIX).bind(str(path)), "no regular file"),
    "large": (lambda path: path.write_bytes(b"#" * ((1 << 20) + 1)), "larger than 1 MiB"),
    "empty": (lambda path: path.write_bytes(b""), "no certificate"),
    "no-pem": (lambda path: path.write_bytes(os.urandom(4096)), "no certificate"),
    "key": (lambda path: path.write_text("-----BEGIN PRIVATE KEY-----\nMAA=\n"
                                         "-----END PRIVATE KEY-----\n"), "no certificate"),
    "damaged": (lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nMAA=\n"
                                             "-----END CERTIFICATE-----\n"), "certificate 1 .*PEM"),
    "encrypted": (lambda path: path.write_text(
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F\n\n"
        "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n"), "certificate 1 .*password"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_is_no_use_is_a_bad_gateway(httpd, client, endpoint, secure, system, kind):
    """And no connection: nothing that would come of it is worth the target's time."""
    make, why = UNUSABLE[kind]
    path = httpd.root / "run" / f"authority-{kind}"
    make(path)
    target = secure(system.issue("DNS:localhost"))
    httpd.expect(rf"\[websocket:error\].*target-tls: .*authority-{kind}: .*{why}")
    began = time.monotonic()
    response = client.handshake(endpoint(target, host="localhost", more=pinned(path)))
    assert response.status == 502
    assert UNREACHABLE in response.body and b"authority" not in response.body
    assert time.monotonic() - began < 5
    assert not target.sessions


def test_a_file_that_may_not_be_read_is_a_bad_gateway(httpd, client, endpoint, secure, system):
    if os.geteuid() != 0:
        pytest.skip("httpd runs as this very user, who may read his own files")
    path = httpd.root / "run" / "authority-private"
    path.write_text(system.root.read_text())
    path.chmod(0o600)
    target = secure(system.issue("DNS:localhost"))
    httpd.expect("target-tls: .*authority-private: Permission denied")
    assert client.handshake(
        endpoint(target, host="localhost", more=pinned(path))).status == 502


def test_a_file_of_the_largest_size_is_read(httpd, client, endpoint, secure, stranger):
    path = httpd.root / "run" / "authority-largest"
    text = stranger.root.read_text()
    path.write_text("#" * ((1 << 20) - len(text) - 1) + "\n" + text)
    target = secure(stranger.issue("DNS:localhost"))
    with client.websocket(endpoint(target, host="localhost", more=pinned(path))) as tunnel:
        tunnel.echo(b"a mebibyte")


def test_a_file_that_changes_is_read_again(httpd, client, endpoint, secure, system, stranger):
    """Its length and its time stay the same, and it was known."""
    path = httpd.root / "run" / "authority-changing"
    texts = [authority.root.read_text() for authority in (stranger, system)]
    size = max(map(len, texts))
    texts = [text + "#" * (size - len(text)) for text in texts]
    path.write_text(texts[0])
    long_ago = (time.time() - 3600,) * 2
    os.utime(path, long_ago)
    target = secure(stranger.issue("DNS:localhost"))
    asked = endpoint(target, host="localhost", more=pinned(path))
    time.sleep(3.2)  # until what is read is kept
    for _ in range(4):  # in one child or another
        with client.websocket(asked) as tunnel:
            tunnel.echo(b"as it was")
    path.write_text(texts[1])
    os.utime(path, long_ago)
    httpd.expect("unable to get local issuer certificate")
    for _ in range(4):
        assert client.handshake(asked).status == 502


def test_more_files_than_are_kept_are_all_read(httpd, client, endpoint, secure, stranger):
    target = secure(stranger.issue("DNS:localhost"))
    asked = []
    for number in range(40):
        path = httpd.root / "run" / f"authority-{number}"
        path.write_text(stranger.root.read_text())
        asked.append(endpoint(target, host="localhost", more=pinned(path)))
    time.sleep(3.2)
    for path in (*asked, *asked):
        with client.websocket(path) as tunnel:
            tunnel.echo(b"x")


# -- the tunnel ----------------------------------------------------------------------------------

MEBIBYTE = 1 << 20


@everywhere
def test_a_mebibyte_goes_both_ways_whole(client, endpoint, secure, system):
    target = secure(system.issue("DNS:localhost"))
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    data = b"".join(targets.pattern(MEBIBYTE))
    for at in range(0, MEBIBYTE, 65536):
        tunnel.echo(data[at:at + 65536])
    tunnel.close()
    session = target.session()
    assert session.wait_ended() == "fin"
    assert session.received_digest == targets.digest(MEBIBYTE)


@event_and_prefork
@every_scheme
def test_a_target_that_finishes_is_heard_to_the_end(client, endpoint, secure, system):
    """And what the client says after that still arrives: each direction ends by itself."""
    target = secure(system.issue("DNS:localhost"), kind=targets.Source, size=MEBIBYTE)
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    data, answer = tunnel.receive_to_close()
    assert data == b"".join(targets.pattern(MEBIBYTE))
    assert answer.close_code == 1000
    tunnel.send(b"one more thing")
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()
    session = target.session()
    assert session.wait_ended() == "fin"
    assert bytes(session.received) == b"one more thing"


class LastWords(targets.Target):
    """Answers the end of what it hears."""

    def serve(self, session):
        session.receive_to_end()
        session.send(b"last words")
        session.finish_sending()


@event_and_prefork
@every_scheme
def test_a_client_that_finishes_hears_the_targets_last_words(client, endpoint, secure, system):
    target = secure(system.issue("DNS:localhost"), kind=LastWords)
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    tunnel.send(b"done")
    data, answer = tunnel.close()
    assert data == b"last words"
    assert answer.close_code == 1000
    assert bytes(target.session().received) == b"done"


class Truncating(targets.Target):
    """Ends TCP without close_notify."""

    def serve(self, session):
        session.send(b"the first half")
        session.connection.fin()
        session.receive_to_end()


def test_an_end_without_close_notify_is_a_failure_of_the_target(client, endpoint, secure,
                                                                system):
    """It may be an attacker's (RFC 8446 6.1), so that it is not told as an orderly end."""
    target = secure(system.issue("DNS:localhost"), kind=Truncating)
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    data, answer = tunnel.receive_to_close()
    assert data == b"the first half"
    assert answer.close_code == 1014
    tunnel.send_close(1014)
    assert tunnel.connection.at_end()


def test_a_slow_target_gets_all_and_its_close_notify(client, endpoint, secure, system):
    target = secure(system.issue("DNS:localhost"), kind=targets.SlowReader, receive_buffer=4096)
    tunnel = client.websocket(endpoint(target, host="localhost", more="<tls/>"))
    size = 4 * MEBIBYTE
    sender = threading.Thread(
        target=lambda: [tunnel.send(piece) for piece in targets.pattern(size)] and
        tunnel.send_close(1000), daemon=True)
    sender.start()
    time.sleep(0.5)
    target.resume.set()
    sender.join(30)
    tunnel.receive_to_close()
    session = target.session()
    assert session.wait_ended(30) == "fin"
    assert session.received_digest == targets.digest(size)
