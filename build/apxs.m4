# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_APXS(MINIMUM): httpd by its own tool apxs.
# Sets APXS, HTTPD (the server's program), HTTPD_VERSION, HTTPD_CPPFLAGS, HTTPD_MODULE_DIR (where its modules are)
# and MODULE_DIR (where ours is installed: --with-module-dir).
AC_DEFUN([WEBSOCKET_APXS], [
  AC_ARG_WITH([apxs],
    [AS_HELP_STRING([--with-apxs=PATH], [the apxs of the httpd to build for @<:@from PATH@:>@])],
    [APXS=$withval], [APXS=])
  AS_CASE([$APXS],
    [no], [AC_MSG_ERROR([an httpd module cannot be built without apxs])],
    ['' | yes], [AC_PATH_PROGS([APXS], [apxs apxs2], [], [$PATH:/usr/local/apache2/bin:/usr/sbin])])
  AS_IF([test -z "$APXS" || test ! -x "$APXS"],
    [AC_MSG_ERROR([apxs${APXS:+ ($APXS)} not found: name it with --with-apxs=PATH (Debian: apt-get install apache2-dev)])])
  AC_SUBST([APXS])

  websocket_include_dir=`$APXS -q INCLUDEDIR 2>/dev/null`
  AS_IF([test ! -f "$websocket_include_dir/ap_release.h"],
    [AC_MSG_ERROR([$APXS names no httpd headers (${websocket_include_dir:-nothing}): Debian: apt-get install apache2-dev])])
  # As system headers, so that their warnings are not ours.
  HTTPD_CPPFLAGS="`$APXS -q EXTRA_CPPFLAGS 2>/dev/null` -isystem $websocket_include_dir"
  AC_SUBST([HTTPD_CPPFLAGS])

  m4_pushdef([websocket_patch], m4_bregexp([$1], [2\.4\.\([0-9]+\)], [\1]))dnl
  AC_MSG_CHECKING([for httpd >= $1])
  websocket_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$HTTPD_CPPFLAGS $CPPFLAGS"
  HTTPD_VERSION=`$SED -n '/^#define AP_SERVER_@<:@MP@:>@@<:@A-Z@:>@*_NUMBER  *@<:@0-9@:>@/s/.* //p' "$websocket_include_dir/ap_release.h" | paste -s -d .`
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
    #include <ap_release.h>
    #if AP_SERVER_MAJORVERSION_NUMBER != 2 || AP_SERVER_MINORVERSION_NUMBER < 4 \
        || (AP_SERVER_MINORVERSION_NUMBER == 4 && AP_SERVER_PATCHLEVEL_NUMBER < ]]websocket_patch[[)
    #error "too old"
    #endif
  ]])],
    [AC_MSG_RESULT([$HTTPD_VERSION])],
    [AC_MSG_RESULT([no, $HTTPD_VERSION])
     AC_MSG_ERROR([httpd $1 or later is needed, $APXS belongs to $HTTPD_VERSION (Debian 12: apt-get install apache2-dev)])])
  CPPFLAGS=$websocket_save_CPPFLAGS
  m4_popdef([websocket_patch])dnl
  AC_SUBST([HTTPD_VERSION])

  HTTPD_MODULE_DIR=`$APXS -q LIBEXECDIR 2>/dev/null`
  AC_SUBST([HTTPD_MODULE_DIR])
  AC_ARG_WITH([module-dir],
    [AS_HELP_STRING([--with-module-dir=DIR], [where mod_websocket.so is installed @<:@the module directory that apxs names@:>@])],
    [MODULE_DIR=$withval], [MODULE_DIR=$HTTPD_MODULE_DIR])
  AS_CASE([$MODULE_DIR], [/*], [],
    [AC_MSG_ERROR([the module directory must be an absolute path, not '$MODULE_DIR': see --with-module-dir])])
  AC_SUBST([MODULE_DIR])

  websocket_name=`$APXS -q PROGNAME 2>/dev/null || $APXS -q TARGET 2>/dev/null`
  AC_PATH_PROGS([HTTPD], [${websocket_name:-httpd} apache2 httpd], [],
    [`$APXS -q SBINDIR 2>/dev/null`:$PATH:/usr/sbin])
])
