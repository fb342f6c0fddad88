# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_HARDENING: sets HARDENING_CXXFLAGS, HARDENING_LDFLAGS and (for the libraries) FORTIFY_CXXFLAGS; empty under a
# sanitizer, which sees more. test/tool/test_hardening.py looks at what came of them.

# WEBSOCKET_HARDENING_FLAG(variable of configure that the compiler reads, flag, variable that it is added to)
AC_DEFUN([WEBSOCKET_HARDENING_FLAG], [
  AC_MSG_CHECKING([for $2])
  websocket_flag_$1=[$]$1
  # What a compiler does not know on this processor may be a warning alone.
  $1="[$]$1 -Werror $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()],
    [AC_MSG_RESULT([yes])
     $3="[$]$3 $2"],
    [AC_MSG_RESULT([no])])
  $1=[$]websocket_flag_$1
])

AC_DEFUN([WEBSOCKET_HARDENING], [
  AC_REQUIRE([WEBSOCKET_SANITIZER])
  FORTIFY_CXXFLAGS=
  HARDENING_CXXFLAGS=
  HARDENING_LDFLAGS=
  AS_IF([test -z "$SANITIZER"], [
    websocket_save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="$LIBRARY_CXXFLAGS $CXXFLAGS"

    # glibc warns of _FORTIFY_SOURCE where nothing is optimised. What the builder says of it holds: ours stands behind
    # CPPFLAGS, which its -U would take back, and before CXXFLAGS, which would define it once more, with a warning.
    AC_MSG_CHECKING([whether $CXX optimises, as -D_FORTIFY_SOURCE=2 wants])
    AS_CASE(["$CPPFLAGS $CXXFLAGS"],
      [*_FORTIFY_SOURCE*], [AC_MSG_RESULT([the flags say what is wanted])],
      [AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
        #ifndef __OPTIMIZE__
        #error "not optimised"
        #endif
      ]])],
        [AC_MSG_RESULT([yes])
         FORTIFY_CXXFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"],
        [AC_MSG_RESULT([no])])])

    WEBSOCKET_HARDENING_FLAG([CXXFLAGS], [-fstack-protector-strong], [HARDENING_CXXFLAGS])
    # A large frame cannot step over the guard page of a worker's stack.
    WEBSOCKET_HARDENING_FLAG([CXXFLAGS], [-fstack-clash-protection], [HARDENING_CXXFLAGS])
    # Jumps by a forged pointer land only where one may: on x86 (CET), then on ARM (PAC and BTI).
    WEBSOCKET_HARDENING_FLAG([CXXFLAGS], [-fcf-protection=full], [HARDENING_CXXFLAGS])
    WEBSOCKET_HARDENING_FLAG([CXXFLAGS], [-mbranch-protection=standard], [HARDENING_CXXFLAGS])
    WEBSOCKET_HARDENING_FLAG([LDFLAGS], [-Wl,-z,relro,-z,now], [HARDENING_LDFLAGS])
    WEBSOCKET_HARDENING_FLAG([LDFLAGS], [-Wl,-z,noexecstack], [HARDENING_LDFLAGS])

    CXXFLAGS=$websocket_save_CXXFLAGS])
  AC_SUBST([FORTIFY_CXXFLAGS])
  AC_SUBST([HARDENING_CXXFLAGS])
  AC_SUBST([HARDENING_LDFLAGS])
])
