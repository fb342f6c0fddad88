# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_OPENSSL: OpenSSL, the accept key and the TLS end of a tunnel. Sets OPENSSL_CFLAGS and OPENSSL_LIBS.
AC_DEFUN([WEBSOCKET_OPENSSL], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([OPENSSL], [openssl >= 1.1.1], [],
    [AC_MSG_ERROR([openssl >= 1.1.1 not found (Debian: apt-get install libssl-dev)])])
])
