#!/usr/bin/env python3
"""Validates what the codec writes against the protocol's JSON schemas, by a judge that is not the codec.

usage: schema_check.py PRINT_EVENTS SHARED_FOLDER
Needs node, the validator in SHARED_FOLDER and ajv (AJV_FROM names a package.json whose node_modules has it); skips without.
"""

import os
import shutil
import subprocess
import sys

CHECKS = [
    ("ga", "client", ["--kind", "conversation", "--strict"]),
    ("beta", "client", ["--strict"]),
    ("ga", "server", ["--kind", "conversation"]),
    ("beta", "server", []),
]


def why_not(validator):
    if not os.path.exists(validator):
        return "no schemas beside the source tree"
    if not shutil.which("node"):
        return "no node"
    probe = "require('module').createRequire(process.env.AJV_FROM ?? process.cwd() + '/package.json')('ajv/dist/2020')"
    found = subprocess.run(["node", "-e", probe], capture_output=True, check=False).returncode == 0
    return None if found else "no ajv (npm install ajv, AJV_FROM=.../package.json)"


def events_of(printer, dialect, side):
    return subprocess.run([printer, dialect, side], capture_output=True, text=True, check=True).stdout


def main():
    printer, shared = sys.argv[1:]
    validator = os.path.join(shared, "protocol", "validate.mjs")
    reason = why_not(validator)
    print(f"1..{len(CHECKS)}")
    ok = True
    for number, (dialect, side, options) in enumerate(CHECKS, 1):
        name = f"{number} {dialect} {side}"
        if reason:
            print(f"ok {name} # SKIP {reason}")
            continue
        run = subprocess.run(["node", validator, dialect, side, *options], input=events_of(printer, dialect, side),
                             capture_output=True, text=True, check=False)
        for line in (run.stdout + run.stderr).splitlines():
            print("#", line)
        print(f"{'ok' if run.returncode == 0 else 'not ok'} {name}")
        ok = ok and run.returncode == 0
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
