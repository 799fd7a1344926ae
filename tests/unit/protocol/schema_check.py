#!/usr/bin/env python3
"""Validates what the codec writes against the protocol's JSON schemas, by a judge that is not the codec.

usage: schema_check.py PRINT_EVENTS SHARED_FOLDER
Skips where the judge cannot sit.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import schema_judge  # noqa: E402

# dialect, side, strict
CHECKS = [("ga", "client", True), ("beta", "client", True), ("translation", "client", True),
          ("ga", "server", False), ("beta", "server", False), ("translation", "server", False)]


def events_of(printer, dialect, side):
    return subprocess.run([printer, dialect, side], capture_output=True, check=True).stdout


def main():
    printer, shared = sys.argv[1:]
    reason = schema_judge.why_not(shared)
    print(f"1..{len(CHECKS)}")
    ok = True
    for number, (dialect, side, strict) in enumerate(CHECKS, 1):
        name = f"{number} {dialect} {side}"
        if reason:
            print(f"ok {name} # SKIP {reason}")
            continue
        valid, words = schema_judge.judge(shared, dialect, side, events_of(printer, dialect, side), strict)
        for line in words.splitlines():
            print("#", line)
        print(f"{'ok' if valid else 'not ok'} {name}")
        ok = ok and valid
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
