# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_CATCH2: Catch2, version 2 (a header) or 3 (a library). Sets CATCH2_CFLAGS and CATCH2_LIBS.
# test/unit/main.cc has a main of its own, so that Catch2's own is not linked.
AC_DEFUN([WEBSOCKET_CATCH2], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([CATCH2], [catch2 >= 2.13],
    [], [CATCH2_CFLAGS= CATCH2_LIBS=])
  websocket_save_CPPFLAGS=$CPPFLAGS; CPPFLAGS="$CATCH2_CFLAGS $CPPFLAGS"
  websocket_save_LIBS=$LIBS; LIBS="$CATCH2_LIBS $LIBS"
  AC_MSG_CHECKING([which Catch2 works])
  AC_LINK_IFELSE([AC_LANG_SOURCE([[
    #include <catch2/catch_all.hpp>
    int main() { return Catch::Session().run(); }
  ]])],
    [AC_MSG_RESULT([version 3])],
    [AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
       #include <catch2/catch.hpp>
       TEST_CASE("a header works") { REQUIRE(true); }
     ]])],
       [AC_MSG_RESULT([version 2])
        CATCH2_LIBS=],
       [AC_MSG_RESULT([none])
        AC_MSG_ERROR([Catch2 >= 2.13 not found (Debian: apt-get install catch2; or configure with --disable-tests)])])])
  CPPFLAGS=$websocket_save_CPPFLAGS
  LIBS=$websocket_save_LIBS
])
