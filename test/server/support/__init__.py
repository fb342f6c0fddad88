# SPDX-License-Identifier: Apache-2.0
"""What the server tests stand on: a real httpd, raw clients, small TCP targets, a real ngircd."""
