# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_MANUAL(HTTPD): what `make html` needs. Sets MANUAL_PYTHON, a Python that has Python-Markdown, or nothing:
# the module is built without; and LEAST_HTTPD, which the manual's pages name.
AC_DEFUN([WEBSOCKET_MANUAL], [
  AC_MSG_CHECKING([for a Python that has Markdown])
  MANUAL_PYTHON=
  for websocket_candidate in ${PYTHON:-python3} /usr/bin/python3; do
    AS_IF([test -z "$MANUAL_PYTHON" && $websocket_candidate -c 'import markdown' 2>&AS_MESSAGE_LOG_FD],
      [MANUAL_PYTHON=$websocket_candidate])
  done
  AC_MSG_RESULT([${MANUAL_PYTHON:-no; make html cannot run (Debian: apt-get install python3-markdown)}])
  AC_SUBST([MANUAL_PYTHON])
  LEAST_HTTPD=$1
  AC_SUBST([LEAST_HTTPD])
])
