# SPDX-License-Identifier: Apache-2.0
"""The conformance cases and what runs them. httpd, the client's handshake and the encoding of
frames are those of the server tests (test/server/support)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "server"))
