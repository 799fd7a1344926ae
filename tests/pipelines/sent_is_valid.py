#!/usr/bin/env python3
"""Runs tests of the elements and validates every event the plugin sent in them against the protocol's JSON schemas.

usage: sent_is_valid.py [--without KIND] SHARED_FOLDER TEST_PROGRAM...
All is judged strictly: the real server refuses unknown fields. Says "skipped" (exit 77) where the judge cannot sit.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import schema_judge  # noqa: E402

STRICT = {"beta-transcription": True, "transcription": True, "translation": True, "ga": True, "beta": True}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", action="append", default=[], choices=STRICT, help="a kind that need not be sent")
    parser.add_argument("shared")
    parser.add_argument("programs", nargs="+")
    options = parser.parse_args()
    return schema_judge.judge_programs(options.shared, options.programs, "client", STRICT, options.without)


if __name__ == "__main__":
    sys.exit(main())
