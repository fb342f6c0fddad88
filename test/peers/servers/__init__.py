# SPDX-License-Identifier: Apache-2.0
"""The real servers that stand behind the tunnels. httpd itself, and what starts a server, are those
of the server tests (test/server/support)."""
