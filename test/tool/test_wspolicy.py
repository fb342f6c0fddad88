# SPDX-License-Identifier: Apache-2.0
"""The wspolicy command: what it prints and how it ends. 192.0.2.N are the hosts of test/dns."""
import os
import subprocess

import pytest

SERVED_BY = ("--served-by", "www.example.com")
PAGE = "https://www.example.com"


def policy(host=None, port=6667, origins=()):
    return ("<websocket>\n" + (f"<host>{host}</host>\n" if host else "") + f"<port>{port}</port>\n"
            + "".join(f"<allow-origin>{each}</allow-origin>\n" for each in origins)
            + "</websocket>\n")


@pytest.fixture
def ask(wspolicy, write, dns):
    """ask(number, word...): a check of a policy for 192.0.2.number."""
    def run(number, *words):
        return wspolicy("check", write(policy(f"192.0.2.{number}")), *SERVED_BY,
                        "--resolver", dns.resolver, *words)
    return run


# ---- the document --------------------------------------------------------------------------

def test_a_valid_document_is_good(wspolicy, write):
    done = wspolicy("check", write(policy("irc.example.org", origins=[PAGE])))
    assert done.status == 0 and done.err == ""
    assert "irc.example.org:6667" in done.out and PAGE in done.out and "VALID" in done.out


FURTHER = """<websocket><host>192.0.2.1</host><port>6697</port>
<protocol>text.ircv3.net</protocol><protocol>chat</protocol><framing>lines</framing>
<max-message>65536</max-message><idle-timeout>600</idle-timeout>
<tls>/etc/ssl/irc.pem</tls><tls-name>irc.example.org</tls-name>
<proxy-protocol>2</proxy-protocol></websocket>
"""


def test_everything_that_a_document_says_is_printed(wspolicy, write):
    done = wspolicy("check", write(FURTHER))
    assert done.status == 0
    lines = [line.strip() for line in done.out.splitlines()]
    for line in ("protocol: text.ircv3.net", "protocol: chat", "framing: lines",
                 "max-message: 64K", "idle-timeout: 10min",
                 "tls: the target's certificate is for irc.example.org, by /etc/ssl/irc.pem",
                 "proxy-protocol: 2"):
        assert line in lines, done.out
    document = wspolicy("check", write(FURTHER), "--json").json["document"]
    assert list(document) == ["target", "kind", "host", "port", "allow_origins", "protocols",
                              "framing", "max_message", "idle_timeout_ms", "tls", "proxy_protocol"]
    assert document["protocols"] == ["text.ircv3.net", "chat"]
    assert document["framing"] == "lines"
    assert document["max_message"] == 65536
    assert document["idle_timeout_ms"] == 600_000
    assert document["tls"] == {"ca_file": "/etc/ssl/irc.pem", "name": "irc.example.org"}
    assert document["proxy_protocol"] == 2


def test_the_name_in_the_certificate_is_the_host_unless_written(wspolicy, write):
    path = write("<websocket><host>192.0.2.1</host><port>6697</port><tls/></websocket>")
    assert wspolicy("check", path, "--json").json["document"]["tls"] == {
        "ca_file": None, "name": "192.0.2.1"}
    assert "is for 192.0.2.1, by the system's authorities" in wspolicy("check", path).out


def test_what_a_document_does_not_say_is_null(wspolicy, write):
    document = wspolicy("check", write(policy()), "--json").json["document"]
    assert document["protocols"] == []
    for key in ("framing", "max_message", "idle_timeout_ms", "tls", "proxy_protocol"):
        assert document[key] is None
    shown = wspolicy("check", write(policy())).out
    assert not any(word in shown for word in ("framing", "max-message", "tls", "proxy"))


def test_standard_input_is_read(wspolicy):
    assert wspolicy("check", "-", stdin=policy().encode()).status == 0


@pytest.mark.parametrize("text,fault,line", [
    ("<websocket>\n<port>6667</port><user/></websocket>", "unknown-element", 2),
    ("<websocket>\n\n<port>0</port></websocket>", "bad-value", 3),
    ("<websocket></websocket>", "missing", 1),
    ("<websocket>\n<port>1</port>\n<tls/></websocket>", "missing", 3),
    ("<websocket><port>1</port>\n<framing>text</framing><protocol>mqtt</protocol></websocket>",
     "bad-value", 2),
    ("{}", "not-xml", 1),
    ("", "empty", 1),
    ('<!DOCTYPE websocket SYSTEM "x"><websocket/>', "doctype", 1),
    ("<websocket>" + " " * 65536 + "</websocket>", "too-large", 1),
])
def test_a_faulty_document_is_unusable_and_its_place_told(wspolicy, write, text, fault, line):
    path = write(text)
    done = wspolicy("check", path, "--json")
    assert done.status == 2
    assert done.json["verdict"] == "unusable"
    assert done.json["error"]["fault"] == fault
    assert done.json["error"]["line"] == line
    done = wspolicy("check", path)
    assert done.status == 2 and f"{path}:{line}:" in done.out
    done = wspolicy("lint", path)
    assert done.status == 2 and f"{path}:{line}:" in done.err
    assert wspolicy("lint", path, "--json").json["error"]["fault"] == fault


@pytest.mark.parametrize("command", ["check", "lint"])
def test_a_file_that_cannot_be_read_is_unusable(wspolicy, tmp_path, command):
    for path in (tmp_path / "absent.xml", tmp_path):
        done = wspolicy(command, path)
        assert done.status == 2 and str(path) in done.out + done.err


def test_a_script_is_told_from_its_output(wspolicy, write):
    done = wspolicy("check", write("#!/bin/sh\necho\n", "policy.cgi"))
    assert done.status == 2 and "wspolicy check -" in done.out


def test_controls_of_documents_and_names_do_not_reach_the_terminal(wspolicy, write):
    # The fixture looks at every octet of the output.
    path = write(b"<websocket><port>6\x1b[2J\xc2\x9b</port></websocket>", "a\x1b[2Jb.xml")
    assert wspolicy("check", path).status == 2
    assert wspolicy("lint", path).status == 2
    assert wspolicy("check", path, "--json").json["file"].endswith("a\x1b[2Jb.xml")
    hidden = write("<websocket><port>1</port><a\u202eb/></websocket>")
    assert wspolicy("check", hidden).status == 2
    assert wspolicy("check", hidden, *SERVED_BY, "--origin", "https://\x1b]0;x\x07").status == 2
    assert wspolicy("che\x1bck").status == 2


# ---- the decision --------------------------------------------------------------------------

def test_consent_is_granted(ask):
    done = ask(1, "--origin", PAGE)
    assert done.status == 0 and done.err == ""
    for seen in ("PTR 1.2.0.192.in-addr.arpa", "A irc.good.test", "TXT irc.good.test",
                 '"v=websocket1; port=6667,6697; from=www.example.com"  <- grants', "GRANTED",
                 "connect to 192.0.2.1:6667", "WebSocketTarget same-host consent (taken"):
        assert seen in done.out, done.out


def test_consent_is_refused_with_the_record_to_publish(ask):
    done = ask(4)
    assert done.status == 1
    for seen in ("<- grants the port, not the host", "REFUSED: host-not-granted",
                 '_websocket.elsewhere.good.test. TXT "v=websocket1; port=6667; '
                 'from=www.example.com"'):
        assert seen in done.out, done.out


def test_bogus_answers_are_no_consent(ask, dns):
    assert ask(32, "--json").json["reason"] == "lookup-failed"  # the resolver's SERVFAIL
    done = ask(32, "--trust-anchor", dns.anchors, "--json")
    assert done.status == 1
    assert done.json["reason"] == "not-validated"
    judged, = done.json["consent"]
    assert judged["mode"] == "dnssec" and judged["fault"] == "the answer is bogus"
    assert [step["security"] for step in judged["steps"]][:3] == ["secure", "secure", "bogus"]


def test_signed_consent_is_granted_from_anchors_and_by_a_loopback_resolver(ask, dns):
    for words in (("--trust-anchor", dns.anchors), ("--consent", "dnssec")):
        done = ask(1, "--json", *words)
        assert done.status == 0
        assert all(step["security"] == "secure" for step in done.json["consent"][0]["steps"])


def test_json_holds_every_step(ask):
    done = ask(18, "--origin", PAGE, "--json")
    assert done.status == 0
    assert list(done.json) == ["file", "verdict", "reason", "text", "connect_to", "error",
                               "document", "served_by", "origin", "target", "consent"]
    assert done.json["verdict"] == "granted"
    assert done.json["connect_to"] == ["192.0.2.18:6667"]
    assert done.json["origin"]["granted"] is True
    assert done.json["target"]["rules"] == ["same-host", "consent"]
    assert done.json["target"]["judgements"][0]["verdict"] == "needs-consent"
    judged, = done.json["consent"]
    assert judged["steps"][0]["aliases"] == ["18.customer.good.test"]
    assert judged["steps"][2]["records"][0]["remark"] == "grants"


def test_odd_reverse_names_do_not_reach_the_terminal(ask):
    done = ask(46)
    assert done.status == 1 and "evil" in done.out


def test_an_origin_that_is_refused_ends_the_walk(ask):
    done = ask(1, "--origin", "https://evil.example", "--json")
    assert done.status == 1
    assert done.json["reason"] == "origin-not-own"
    assert done.json["target"] is None and done.json["consent"] == []


def test_no_origin_is_for_the_star_alone(wspolicy, write):
    words = (*SERVED_BY, "--no-origin", "--target", "same-host")
    assert wspolicy("check", write(policy(origins=["*"])), *words).status == 0
    assert wspolicy("check", write(policy()), *words, "--json").json["reason"] == "origin-missing"


@pytest.mark.parametrize("scheme,status", [("http", 0), ("https", 1)])
def test_the_own_origin_has_the_scheme_that_is_told(wspolicy, write, scheme, status):
    done = wspolicy("check", write(policy()), "--served-by", f"{scheme}://www.example.com:8080",
                    "--origin", "http://www.example.com:8080")
    assert done.status == status


@pytest.mark.parametrize("host,words,reason", [
    (None, ("--target", "same-host:6667"), None),
    (None, ("--target", "same-host:25"), "port-not-listed"),
    (None, ("--target", "same-host", "--own-listener", "*:6667"), "own-listener"),
    (None, ("--administrators",), None),
    ("169.254.169.254", ("--target", "0.0.0.0/0:*"), "special-use"),
    ("10.1.2.3", ("--target", "10.0.0.0/8:6667"), None),
    ("10.1.2.3", ("--target", "consent", "--consent", "off"), "consent-off"),
    ("unix:/run/app/a.sock", ("--target", "unix:/run/app/*.sock"), None),
    ("unix:/run/app/a.sock", ("--target", "consent"), "target-not-listed"),
    ("no-such-host.invalid", (), "target-unresolved"),
    ("localhost", ("--target", "localhost:6667"), None),
])
def test_the_rules_decide(wspolicy, write, host, words, reason):
    text = policy(host)
    if host and host.startswith("unix:"):
        text = text.replace("<port>6667</port>", "")
    done = wspolicy("check", write(text), *SERVED_BY, *words, "--json")
    assert done.json["reason"] == reason, done.out
    assert done.status == (1 if reason else 0)
    assert bool(done.json["connect_to"]) == (reason is None)


def test_a_trust_anchor_that_cannot_be_used_is_unusable(ask, tmp_path):
    (tmp_path / "keys").write_text("www.example.com. A 192.0.2.1\n")
    for path in (tmp_path / "absent", tmp_path / "keys"):
        done = ask(1, "--trust-anchor", path, "--json")
        assert done.status == 2 and done.json["reason"] == "trust-anchor"


def test_an_unreachable_resolver_grants_nothing(wspolicy, write):
    done = wspolicy("check", write(policy("192.0.2.1")), *SERVED_BY, "--resolver", "127.0.0.1:1",
                    "--json")
    assert done.status == 1 and done.json["reason"] == "lookup-failed"


# ---- lint, record, the rest ----------------------------------------------------------------

def test_lint_has_nothing_to_say_of_a_careful_policy(wspolicy, write):
    path = write(policy(origins=[PAGE]))
    done = wspolicy("lint", path)
    assert (done.status, done.out) == (0, f"{path}: no warnings\n")


def test_lint_warns_with_lines(wspolicy, write):
    path = write(policy(port=25, origins=["*", "http://a.example/app.js"]))
    done = wspolicy("lint", path)
    assert done.status == 1
    assert [line.rpartition("[")[2] for line in done.out.splitlines()[:-1]] == [
        "port-dangerous]", "origin-any]", "origin-http]", "origin-path]", "origin-idle]"]
    assert done.out.startswith(f"{path}:2: ") and f"{path}:4: " in done.out
    listed = wspolicy("lint", path, "--json").json["warnings"]
    assert [(one["name"], one["line"]) for one in listed[:2]] == [("port-dangerous", 2),
                                                                 ("origin-any", 3)]


def test_lint_warns_of_sizes_times_and_tls(wspolicy, write):
    path = write("<websocket>\n<port>6697</port>\n<max-message>1G</max-message>\n"
                 "<idle-timeout>5</idle-timeout></websocket>")
    listed = wspolicy("lint", path, "--json").json["warnings"]
    assert [(one["name"], one["line"]) for one in listed] == [
        ("tls-missing", 2), ("max-message-large", 3), ("idle-timeout-short", 4)]


def test_record_prints_the_record_alone_on_standard_output(wspolicy):
    done = wspolicy("record", "--from", "www.example.com", "--port", "6667,6690-6697",
                    "--for", "192.0.2.1", "--for", "irc.example.org")
    assert done.status == 0
    assert done.out == "v=websocket1; port=6667,6690-6697; from=www.example.com\n"
    assert "1.2.0.192.in-addr.arpa. PTR irc.example.org." in done.err


def test_record_as_json(wspolicy):
    done = wspolicy("record", "--from", "*.example.com", "--port", "*", "--for", "2001:db8::1",
                    "--json")
    assert list(done.json) == ["record", "strings", "owners", "address", "reverse_name",
                               "zone_lines"]
    assert done.json["record"] == "v=websocket1; port=*; from=*.example.com"
    assert done.json["reverse_name"].endswith(".8.b.d.0.1.0.0.2.ip6.arpa")


def test_a_record_that_no_server_would_take_is_not_made(wspolicy):
    done = wspolicy("record", "--from", "w\u00fcnsche.example", "--port", "6667")
    assert done.status == 2 and done.out == "" and done.err.startswith("wspolicy: ")


@pytest.mark.parametrize("words", [(), ("chek",), ("check",), ("check", "a", "--bad"),
                                   ("record", "--port", "1"), ("check", "a", "--no-origin")])
def test_bad_usage_is_two(wspolicy, words):
    done = wspolicy(*words)
    assert done.status == 2 and done.out == ""
    assert done.err.startswith("wspolicy: ") and done.err.count("\n") == 1


def test_help_and_version(wspolicy):
    done = wspolicy("--help")
    assert done.status == 0 and all(word in done.out for word in ("check", "lint", "record"))
    assert max(map(len, done.out.splitlines())) <= 100
    assert wspolicy("--version").out.startswith("wspolicy (mod_websocket) ")


def test_a_report_that_cannot_be_written_is_an_error(write):
    top = os.environ.get("MOD_WEBSOCKET_BUILD", os.path.join(os.path.dirname(__file__), "../.."))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([f"{top}/policy/wspolicy", "check", write(policy())], stdout=full,
                              stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 2
