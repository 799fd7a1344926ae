#!/usr/bin/env python3
"""How long an application waits for the ERROR of a conversation that cannot begin: error_delay.py PIPELINE-ERRORS

Runs the error matrix and prints each row's time from PLAYING to the message. Fails when one takes more than a second, or
more than a second beyond the connect-timeout that it sets."""
import re
import subprocess
import sys

LINE = re.compile(r"^(?P<name>.+): told after (?P<ms>\d+) ms, (?:at once|connect-timeout=(?P<timeout>\d+))$", re.M)


def main():
    run = subprocess.run(sys.argv[1:2], stdout=subprocess.PIPE, text=True, timeout=300, check=False)
    rows = [(match["name"], int(match["ms"]), int(match["timeout"] or 0)) for match in LINE.finditer(run.stdout)]
    for name, ms, timeout in rows:
        print(f"{name:36}{ms:6} ms" + (f", connect-timeout {timeout} ms" if timeout else ""))
    late = [name for name, ms, timeout in rows if ms > timeout + 1000]
    if run.returncode or not rows or late:
        sys.exit(f"exit {run.returncode}, {len(rows)} rows, late: {late}")


if __name__ == "__main__":
    main()
