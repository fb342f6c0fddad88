# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_HARDENING: sets HARDENING_CXXFLAGS, HARDENING_LDFLAGS and (for the libraries) FORTIFY_CXXFLAGS; empty under a
# sanitizer, which sees more.
AC_DEFUN([WEBSOCKET_HARDENING], [
  AC_REQUIRE([WEBSOCKET_SANITIZER])
  FORTIFY_CXXFLAGS=
  HARDENING_CXXFLAGS=
  HARDENING_LDFLAGS=
  AS_IF([test -z "$SANITIZER"], [
    websocket_save_CXXFLAGS=$CXXFLAGS
    websocket_save_LDFLAGS=$LDFLAGS

    # glibc warns of _FORTIFY_SOURCE where nothing is optimised.
    AC_MSG_CHECKING([whether $CXX optimises, as -D_FORTIFY_SOURCE=2 wants])
    CXXFLAGS="$LIBRARY_CXXFLAGS $CXXFLAGS"
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
      #ifndef __OPTIMIZE__
      #error "not optimised"
      #endif
    ]])],
      [AC_MSG_RESULT([yes])
       FORTIFY_CXXFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"],
      [AC_MSG_RESULT([no])])

    AC_MSG_CHECKING([for -fstack-protector-strong])
    CXXFLAGS="$CXXFLAGS -fstack-protector-strong"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes])
       HARDENING_CXXFLAGS=-fstack-protector-strong],
      [AC_MSG_RESULT([no])])

    AC_MSG_CHECKING([for -Wl,-z,relro,-z,now])
    LDFLAGS="$LDFLAGS -Wl,-z,relro,-z,now"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [AC_MSG_RESULT([yes])
       HARDENING_LDFLAGS="-Wl,-z,relro,-z,now"],
      [AC_MSG_RESULT([no])])

    CXXFLAGS=$websocket_save_CXXFLAGS
    LDFLAGS=$websocket_save_LDFLAGS])
  AC_SUBST([FORTIFY_CXXFLAGS])
  AC_SUBST([HARDENING_CXXFLAGS])
  AC_SUBST([HARDENING_LDFLAGS])
])
