# SPDX-License-Identifier: Apache-2.0
"""Where things are."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
CLIENT = FOLDER.parent.parent / "client"
PACKAGES = FOLDER / "node_modules"
