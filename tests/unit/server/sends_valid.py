#!/usr/bin/env python3
"""Runs server tests and validates every event that the server sent in them against the protocol's JSON schemas.

usage: sends_valid.py SHARED_FOLDER TEST_PROGRAM...
Strictly where the schemas are whole, so that a field with a wrong name is found too. Says "skipped" (exit 77) where the
judge cannot sit.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import schema_judge  # noqa: E402

STRICT = {"ga": True, "transcription": True, "translation": True, "beta": False}

if __name__ == "__main__":
    sys.exit(schema_judge.judge_programs(sys.argv[1], sys.argv[2:], "server", STRICT))
