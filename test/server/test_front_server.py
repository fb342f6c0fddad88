# SPDX-License-Identifier: Apache-2.0
"""Behind a front server that ends TLS: httpd is asked by http, and the page came by https."""

from support import policy

HOST = "www.example.com"
PAGE = {"Host": HOST, "Origin": f"https://{HOST}"}


def serving(new_httpd, echo, name, origins=()):
    httpd = new_httpd(extra=f"""<VirtualHost 127.0.0.1:{{http_port}}>
        ServerName {name}
      </VirtualHost>""")
    httpd.write("ws/irc.xml", policy.document(echo.port, origins=origins))
    return httpd


def test_the_own_page_is_not_known_by_the_name_alone(new_httpd, connect_to, echo):
    httpd = serving(new_httpd, echo, HOST)
    httpd.expect("origin-not-own")
    assert connect_to(httpd).handshake("/ws/irc.xml", PAGE).status == 401


def test_the_own_page_is_known_where_the_name_says_https(new_httpd, connect_to, echo):
    connect_to(serving(new_httpd, echo, f"https://{HOST}")).websocket("/ws/irc.xml", PAGE).echo(b"own")


def test_the_own_page_is_known_where_the_policy_names_it(new_httpd, connect_to, echo):
    connect_to(serving(new_httpd, echo, HOST, [f"https://{HOST}"])).websocket("/ws/irc.xml", PAGE).echo(b"named")
