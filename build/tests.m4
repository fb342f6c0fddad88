# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_TESTS: what `make check` needs beside the compiler; --disable-tests does without, --enable-tests=unit (for
# packagers) does with Catch2. Sets the conditional TESTS_ENABLED, PYTHON (one that has pytest), NGIRCD and OPENSSL_TOOL.
# What only suites of build/check need is looked for by WEBSOCKET_PEERS, and does not stop configure.
AC_DEFUN([WEBSOCKET_TESTS], [
  AC_ARG_ENABLE([tests],
    [AS_HELP_STRING([--disable-tests],
      [look for nothing that only `make check` needs; --enable-tests=unit: for what the unit tests need])],
    [AS_CASE([$enable_tests], [yes | no | unit], [],
      [AC_MSG_ERROR([--enable-tests takes yes, no or unit, not '$enable_tests'])])],
    [enable_tests=yes])
  AM_CONDITIONAL([TESTS_ENABLED], [test "x$enable_tests" != xno])
  AC_ARG_VAR([PYTHON], [a Python >= 3.9 with pytest and websockets])
  AS_IF([test "x$enable_tests" != xno], [WEBSOCKET_CATCH2])
  AS_IF([test "x$enable_tests" = xyes], [
    AC_MSG_CHECKING([for a Python >= 3.9])
    # A python3 earlier in PATH need not be the one that Debian's packages belong to.
    websocket_python=
    for websocket_candidate in ${PYTHON:-python3 /usr/bin/python3}; do
      AS_IF([$websocket_candidate -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>&AS_MESSAGE_LOG_FD],
        [test -n "$websocket_python" || websocket_python=$websocket_candidate
         AS_IF([$websocket_candidate -c 'import pytest, websockets' 2>&AS_MESSAGE_LOG_FD],
           [websocket_python=$websocket_candidate
            break])])
    done
    AC_MSG_RESULT([${websocket_python:-no}])
    PYTHON=$websocket_python
    AS_IF([test -z "$PYTHON"],
      [AC_MSG_ERROR([the tests need Python >= 3.9 (Debian: apt-get install python3; or configure with --disable-tests)])])
    m4_foreach_w([websocket_module], [pytest websockets], [
      AC_MSG_CHECKING([for $PYTHON's ]websocket_module)
      AS_IF([$PYTHON -c 'import websocket_module' 2>&AS_MESSAGE_LOG_FD],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([the tests need Python's ]websocket_module[ (Debian: apt-get install python3-]websocket_module[; or configure with --disable-tests)])])])

    AS_IF([test -z "$HTTPD"],
      [AC_MSG_ERROR([the tests need httpd itself (Debian: apt-get install apache2-bin; or configure with --disable-tests)])])
    AC_PATH_PROG([NGIRCD], [ngircd], [], [$PATH:/usr/sbin])
    AS_IF([test -z "$NGIRCD"],
      [AC_MSG_ERROR([the tests need an IRC server (Debian: apt-get install ngircd; or configure with --disable-tests)])])
    AC_PATH_PROG([OPENSSL_TOOL], [openssl])
    AS_IF([test -z "$OPENSSL_TOOL"],
      [AC_MSG_ERROR([the tests need openssl to make certificates (Debian: apt-get install openssl; or configure with --disable-tests)])])
    WEBSOCKET_PEERS
  ])
])
