# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_CARES: c-ares, which looks up the addresses of hosts. Sets CARES_CFLAGS and CARES_LIBS.
AC_DEFUN([WEBSOCKET_CARES], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([CARES], [libcares >= 1.18.1], [],
    [AC_MSG_ERROR([c-ares >= 1.18.1 not found (Debian: apt-get install libc-ares-dev)])])
])
