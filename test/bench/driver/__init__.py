# SPDX-License-Identifier: Apache-2.0
"""The benchmark: peers are started in turn, loaded, and asked what it cost them."""
