#!/usr/bin/env python3
"""Runs pipeline tests and validates every event the plugin sent in them against the protocol's JSON schemas.

usage: sent_is_valid.py SHARED_FOLDER TEST_PROGRAM...
GA is judged strictly: the real server refuses unknown fields. Needs node, the validator in SHARED_FOLDER and ajv
(AJV_FROM names a package.json whose node_modules has it); says "skipped" (exit 77) without.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

OPTIONS = {"ga": ["--kind", "conversation", "--strict"], "beta": []}


def why_not(validator):
    if not os.path.exists(validator):
        return "no schemas beside the source tree"
    if not shutil.which("node"):
        return "no node"
    probe = "require('module').createRequire(process.env.AJV_FROM ?? process.cwd() + '/package.json')('ajv/dist/2020')"
    found = subprocess.run(["node", "-e", probe], capture_output=True, check=False).returncode == 0
    return None if found else "no ajv (npm install ajv, AJV_FROM=.../package.json)"


# Events that a test sends on purpose to see them refused are not the plugin's own words.
def plugins_own(line):
    return b'"rt_test_bad"' not in line


def main():
    shared, programs = sys.argv[1], sys.argv[2:]
    validator = os.path.join(shared, "protocol", "validate.mjs")
    reason = why_not(validator)
    if reason:
        print(f"skipped: {reason}")
        return 77
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            env = dict(os.environ, RT_TRAFFIC_DIR=folder, GST_REGISTRY_1_0=os.path.join(folder, "registry"))
            run = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                print(f"{program} failed:\n{run.stdout}{run.stderr}")
                good = False
        for dialect, options in OPTIONS.items():
            sent = b"".join(line for path in glob.glob(os.path.join(folder, dialect + "-*"))
                            for line in open(path, "rb") if plugins_own(line))
            if not sent:
                print(f"nothing was sent in dialect {dialect}")
                good = good and dialect != "ga"
                continue
            run = subprocess.run(["node", validator, dialect, "client", *options], input=sent, capture_output=True,
                                 check=False)
            print(run.stdout.decode()[-4000:] + run.stderr.decode()[-2000:])
            good = good and run.returncode == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
