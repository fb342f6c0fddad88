# SPDX-License-Identifier: Apache-2.0
# WEBSOCKET_PEER(TEST, WHAT, PACKAGE): notes the Debian package of what the shell command TEST does not find.
AC_DEFUN([WEBSOCKET_PEER], [
  AC_MSG_CHECKING([for $2])
  AS_IF([(PATH=$PATH:/usr/sbin; $1) >&AS_MESSAGE_LOG_FD 2>&1],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AS_VAR_APPEND([websocket_missing_peers], [" $3"])])])

# WEBSOCKET_PEERS: the servers and clients of test/peers. The module, the demo and make check do without them, so what
# is missing is said and no error.
AC_DEFUN([WEBSOCKET_PEERS], [
  websocket_missing_peers=
  WEBSOCKET_PEER([command -v node], [node], [nodejs])
  WEBSOCKET_PEER([command -v npm], [npm], [npm])
  WEBSOCKET_PEER([command -v mosquitto], [mosquitto], [mosquitto])
  WEBSOCKET_PEER([command -v haproxy], [haproxy], [haproxy])
  WEBSOCKET_PEER([command -v Xvnc], [Xvnc], [tigervnc-standalone-server])
  WEBSOCKET_PEER([command -v chromium], [chromium], [chromium])
  WEBSOCKET_PEER([command -v chromedriver], [chromedriver], [chromium-driver])
  WEBSOCKET_PEER([$PYTHON -c "import selenium"], [$PYTHON's selenium], [python3-selenium])
  WEBSOCKET_PEER([$PYTHON -c "import aiosmtpd"], [$PYTHON's aiosmtpd], [python3-aiosmtpd])
  WEBSOCKET_PEER([$PYTHON -c "import Xlib"], [$PYTHON's Xlib], [python3-xlib])
  AS_IF([test -n "$websocket_missing_peers"],
    [AC_MSG_WARN([test/peers cannot run (Debian: apt-get install$websocket_missing_peers; build/setup --for-check does it)])])
])
