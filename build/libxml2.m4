# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_LIBXML2: libxml2, which parses the policy document. Sets LIBXML2_CFLAGS and LIBXML2_LIBS.
AC_DEFUN([WEBSOCKET_LIBXML2], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([LIBXML2], [libxml-2.0 >= 2.9.10], [],
    [AC_MSG_ERROR([libxml-2.0 >= 2.9.10 not found (Debian: apt-get install libxml2-dev)])])
])
