# SPDX-License-Identifier: Apache-2.0
"""All flaws."""

from . import compression, control, frames, text
from .flaw import FLAWS

__all__ = ["FLAWS", "compression", "control", "frames", "text"]
