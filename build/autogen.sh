#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes configure and Makefile.in; only a git checkout needs it, a release has them.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/aux
exec autoreconf --install --warnings=all,no-obsolete "$@"
