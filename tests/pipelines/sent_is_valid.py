#!/usr/bin/env python3
"""Runs pipeline tests and validates every event the plugin sent in them against the protocol's JSON schemas.

usage: sent_is_valid.py SHARED_FOLDER TEST_PROGRAM...
All is judged strictly: the real server refuses unknown fields. Says "skipped" (exit 77) where the judge cannot sit.
"""

import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import schema_judge  # noqa: E402

# Of the start of the files' names, the longest first.
STRICT = {"beta-transcription": True, "transcription": True, "translation": True, "ga": True, "beta": True}


def main():
    shared, programs = sys.argv[1], sys.argv[2:]
    reason = schema_judge.why_not(shared)
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
        left = set(glob.glob(os.path.join(folder, "*.jsonl")))
        for dialect, strict in STRICT.items():
            paths = {path for path in left if os.path.basename(path).startswith(dialect + "-")}
            left -= paths
            sent = b"".join(open(path, "rb").read() for path in sorted(paths))
            if not sent:
                print(f"nothing was sent in dialect {dialect}")
                good = good and dialect != "ga"
                continue
            valid, words = schema_judge.judge(shared, dialect, "client", sent, strict)
            print(words[-4000:])
            good = good and valid
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
