#!/usr/bin/env python3
"""The programs are installed with -Dexamples=enabled, and not otherwise: installed.py SOURCE_ROOT"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from fixtures import need
from programs import Failed, report

PROGRAMS = {"realtime-sip", "realtime-rtsp-server", "realtime-rtsp-intercom"}


def installed(root, examples):
    """The file names that `meson install` would write to bin; nothing is compiled."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-Dexamples={examples}", "-Dtests=disabled", "--prefix=/usr"]
        setup = subprocess.run(["meson", "setup", folder, root, *options], capture_output=True, text=True, check=False)
        if setup.returncode:
            raise Failed(setup.stdout[-2000:])
        told = subprocess.run(["meson", "introspect", "--installed", folder], capture_output=True, text=True, check=True)
        targets = map(Path, json.loads(told.stdout).values())
        return {target.name for target in targets if target.parent == Path("/usr/bin")}


def enabled(root):
    if missing := PROGRAMS - installed(root, "enabled"):
        raise Failed(f"not installed: {', '.join(sorted(missing))}")


def otherwise(root):
    for examples in ("auto", "disabled"):
        if found := PROGRAMS & installed(root, examples):
            raise Failed(f"installed with -Dexamples={examples}: {', '.join(sorted(found))}")


def main():
    root = sys.argv[1]
    need("meson")
    return report([("-Dexamples=enabled", lambda: enabled(root)), ("otherwise", lambda: otherwise(root))])


if __name__ == "__main__":
    sys.exit(main())
