# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_LDNS: ldns, which asks DNS and validates what it answers. Sets LDNS_CFLAGS and LDNS_LIBS.
AC_DEFUN([WEBSOCKET_LDNS], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([LDNS], [ldns >= 1.7.0], [],
    [AC_MSG_ERROR([ldns >= 1.7.0 not found (Debian: apt-get install libldns-dev)])])
])
