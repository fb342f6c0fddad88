# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_APR_TOOL(TOOL, APXS-NAME, PKG-CONFIG-MODULE, DEBIAN-PACKAGE): adds one library to APR_CPPFLAGS and APR_LIBS.
AC_DEFUN([WEBSOCKET_APR_TOOL], [
  AC_MSG_CHECKING([for $3])
  websocket_tool=`$APXS -q $2 2>/dev/null`
  test -x "$websocket_tool" || websocket_tool=`command -v $1`
  AS_IF([test -n "$websocket_tool"],
    [# APR-util's tool has no --cppflags and prints its usage instead.
     websocket_cppflags=`$websocket_tool --cppflags 2>/dev/null` || websocket_cppflags=
     websocket_cppflags="$websocket_cppflags `$websocket_tool --includes`"
     websocket_libs=`$websocket_tool --link-ld`
     AC_MSG_RESULT([$websocket_tool])],
    [test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $3],
    [websocket_cppflags=`$PKG_CONFIG --cflags $3`
     websocket_libs=`$PKG_CONFIG --libs $3`
     AC_MSG_RESULT([pkg-config])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([$3 not found (Debian: apt-get install $4)])])
  for websocket_flag in $websocket_cppflags; do
    AS_CASE([$websocket_flag],
      [-I/usr/include], [],
      [-I*], [APR_CPPFLAGS="$APR_CPPFLAGS -isystem `AS_ECHO(["$websocket_flag"]) | $SED 's/^-I//'`"],
      [APR_CPPFLAGS="$APR_CPPFLAGS $websocket_flag"])
  done
  APR_LIBS="$websocket_libs $APR_LIBS"
])

# WEBSOCKET_APR: APR and APR-util, those of httpd where apxs names them. Sets APR_CPPFLAGS and APR_LIBS.
# The module itself does not link them: httpd brings them along; the unit tests do.
AC_DEFUN([WEBSOCKET_APR], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  APR_CPPFLAGS=
  APR_LIBS=
  WEBSOCKET_APR_TOOL([apr-1-config], [APR_CONFIG], [apr-1], [libapr1-dev])
  WEBSOCKET_APR_TOOL([apu-1-config], [APU_CONFIG], [apr-util-1], [libaprutil1-dev])

  AC_MSG_CHECKING([whether a program with APR links])
  websocket_save_CPPFLAGS=$CPPFLAGS; CPPFLAGS="$APR_CPPFLAGS $CPPFLAGS"
  websocket_save_LIBS=$LIBS; LIBS="$APR_LIBS $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[
    #include <apr_general.h>
    #include <apr_poll.h>
    #include <apr_buckets.h>
  ]], [[
    apr_initialize();
    apr_terminate();
    return apr_bucket_type_eos.num_func == 0;
  ]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([APR does not work, see config.log (Debian: apt-get install libapr1-dev libaprutil1-dev)])])
  CPPFLAGS=$websocket_save_CPPFLAGS
  LIBS=$websocket_save_LIBS
  AC_SUBST([APR_CPPFLAGS])
  AC_SUBST([APR_LIBS])
])
