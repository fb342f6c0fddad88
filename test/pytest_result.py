#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pytest_result.py JUNIT.XML SUITE FAILURES: writes "<passed> <failed>", and appends what failed, each with the end of
what it said, to FAILURES. For test/run."""

import sys
import xml.etree.ElementTree as tree

LINES_OF_EACH = 30


def main(junit, name, failures):
    suite = tree.parse(junit).getroot().find("testsuite")
    tests, failed, errors, skipped = (
        int(suite.get(each)) for each in ("tests", "failures", "errors", "skipped"))
    print(tests - failed - errors - skipped, failed + errors)
    with open(failures, "a", encoding="utf-8") as collected:
        for case in suite.iter("testcase"):
            for fault in case.findall("failure") + case.findall("error"):
                print(f"{name}: {case.get('classname')}.py::{case.get('name')}", file=collected)
                for line in (fault.text or fault.get("message", "")).splitlines()[-LINES_OF_EACH:]:
                    print("    " + line, file=collected)


main(*sys.argv[1:])
