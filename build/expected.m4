# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_EXPECTED: tl::expected, a header only, our results that can fail.
AC_DEFUN([WEBSOCKET_EXPECTED], [
  AC_LANG_ASSERT([C++])
  AC_MSG_CHECKING([for tl/expected.hpp])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM(
    [[#include <tl/expected.hpp>]],
    [[tl::expected<int, char> result = tl::make_unexpected('a'); return result.value_or(0);]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([tl/expected.hpp not found (Debian: apt-get install libexpected-dev)])])
])
