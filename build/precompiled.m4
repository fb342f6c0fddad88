# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_PRECOMPILED_HEADERS: --enable-precompiled-headers; sets the conditional PRECOMPILED_HEADERS. A third of the
# time that compiling takes without optimisation is the standard library's headers. Off by default: a build without
# shows whether each source includes what it needs. clang++ takes a header compiled by itself as g++ does.
AC_DEFUN([WEBSOCKET_PRECOMPILED_HEADERS], [
  AC_ARG_ENABLE([precompiled-headers],
    [AS_HELP_STRING([--enable-precompiled-headers], [compile faster, where the compiler is g++ or clang++])],
    [], [enable_precompiled_headers=no])
  AM_CONDITIONAL([PRECOMPILED_HEADERS], [test "x$enable_precompiled_headers$GXX" = xyesyes])
])
