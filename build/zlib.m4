# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_ZLIB: zlib, which permessage-deflate needs. Sets ZLIB_CFLAGS and ZLIB_LIBS.
AC_DEFUN([WEBSOCKET_ZLIB], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([ZLIB], [zlib >= 1.2.11], [],
    [AC_MSG_ERROR([zlib >= 1.2.11 not found (Debian: apt-get install zlib1g-dev)])])
])
