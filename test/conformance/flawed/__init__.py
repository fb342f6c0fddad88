# SPDX-License-Identifier: Apache-2.0
"""Servers that echo wrongly, each in one way, to show that the cases see it."""
