#!/usr/bin/env python3
"""Runs server tests and validates every event that the server sent in them against the protocol's JSON schemas.

usage: sends_valid.py SHARED_FOLDER TEST_PROGRAM...
Strictly where the schemas are whole, so that a field with a wrong name is found too. Says "skipped" (exit 77) where the
judge cannot sit.
"""

import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import schema_judge  # noqa: E402

STRICT = {"ga": True, "transcription": True, "translation": True, "beta": False}


def main():
    shared, programs = sys.argv[1], sys.argv[2:]
    reason = schema_judge.why_not(shared)
    if reason:
        print(f"skipped: {reason}")
        return 77
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            run = subprocess.run([program], env=dict(os.environ, RT_TRAFFIC_DIR=folder), capture_output=True, text=True,
                                 check=False)
            if run.returncode != 0:
                print(f"{program} failed:\n{run.stdout}{run.stderr}")
                good = False
        for kind, strict in STRICT.items():
            sent = b"".join(open(path, "rb").read() for path in glob.glob(os.path.join(folder, kind + "-*")))
            if not sent:
                print(f"nothing was sent of kind {kind}")
                good = False
                continue
            valid, words = schema_judge.judge(shared, kind, "server", sent, strict)
            print(words[-4000:])
            good = good and valid
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
