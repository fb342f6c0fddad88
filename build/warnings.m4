# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_WARNINGS: sets WARNING_CXXFLAGS; --enable-werror makes errors of them.
AC_DEFUN([WEBSOCKET_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [a compiler's warning is an error])], [], [enable_werror=no])
  WARNING_CXXFLAGS="-Wall -Wextra -Wconversion -Wshadow"
  AS_IF([test "x$enable_werror" = xyes], [WARNING_CXXFLAGS="$WARNING_CXXFLAGS -Werror"])
  AC_SUBST([WARNING_CXXFLAGS])
])
