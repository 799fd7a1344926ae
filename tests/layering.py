#!/usr/bin/env python3
"""Fails when an include climbs the layers, when a library is used outside its room, or when a file is too long.

    layering.py SOURCE_ROOT     checks the tree, and that the checks themselves can fail (TAP on stdout)

The rooms and arrows are those of docs/architecture.md.
"""
import re
import sys
import tempfile
from pathlib import Path

MAX_LINES = 600

GLIB = r"glib\.h|glib-unix\.h|glib-object\.h|gio/.*|gmodule\.h"
POSIX = r"pthread\.h|netinet/.*|sys/.*|arpa/.*|unistd\.h|fcntl\.h|poll\.h|signal\.h|errno\.h"


class Room:
    """What the files of one folder may include. Patterns match the whole name between the quotes or brackets."""

    def __init__(self, own, libraries="", extra=()):
        self.own = own              # project headers
        self.libraries = libraries  # headers of other projects; the C++ standard library is always allowed
        self.extra = extra          # (file pattern, header pattern): what single files may do beyond that


ROOMS = {
    "src/base": Room(r"base/.*", GLIB + "|" + POSIX),
    "src/audio": Room(r"(base|audio)/.*"),
    "src/protocol": Room(r"(base|protocol)/.*|audio/(format|base64)\.h", GLIB,
                         extra=[(r".*\.cpp", r"json-glib/.*")]),
    "src/transport": Room(r"(base|transport)/.*", GLIB + "|" + POSIX,
                          extra=[(r"soup_transport\.cpp", r"libsoup/.*")]),
    "src/session": Room(r"(base|audio|protocol|session)/.*|transport/transport\.h", GLIB),
    "src/server": Room(r"(base|audio|protocol|server)/.*", GLIB + "|" + POSIX + "|libsoup/.*",
                       extra=[(r"speech/.*", r"pocketsphinx.*|sphinxbase/.*|flite/.*|speex/.*")]),
    "gst": Room(r"gst/.*|base/.*|session/(session|registry|settings|notice)\.h|audio/format\.h"
                r"|protocol/(session_config|provider)\.h",
                r"gst/.*|" + GLIB,
                extra=[(r"plugin\.cpp", r"transport/soup_transport\.h")]),
    # What a user copies: nothing of the project but the plugin's face. Their checks may use what they like.
    "tests/examples/common": Room(r"common/.*", r"gst/.*|" + GLIB),
    "tests/examples/rtsp-intercom": Room(r"[a-z_]+\.h|common/.*", r"gst/.*|" + GLIB),
    "tests/examples/rtsp-server": Room(r"[a-z_]+\.h|common/.*", r"gst/.*|" + GLIB),
    "tests/examples/sip": Room(r"[a-z_]+\.h|common/.*", r"gst/.*|json-glib/.*|sofia-sip/.*|" + GLIB,
                               extra=[(r"tests/rules\.cpp", r"base/error\.h")]),
}

# What no product code does, wherever it stands: (what, pattern, folders).
BANNED = [
    ("sleeps", r"\bg_usleep\s*\(|\bsleep_for\s*\(|\bsleep_until\s*\(|\busleep\s*\(", ("src", "gst")),
    ("prints", r"\bg_print(err)?\s*\(|\bstd::cout\b|\bstd::cerr\b|\bprintf\s*\(|\bfprintf\s*\(",
     ("src/base", "src/audio", "src/protocol", "src/transport", "src/session", "gst")),
    ("ends the process", r"\babort\s*\(|\bstd::terminate\s*\(|\bg_error\s*\(|\bstd::exit\s*\(",
     ("src/base", "src/audio", "src/protocol", "src/transport", "src/session", "gst")),
    ("is unfinished", r"\bTODO\b|\bFIXME\b|\bXXX\b", ("src", "gst", "tests")),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"[a-z_0-9]+")  # <vector>; C headers are used by their C++ names


def sources(root, folder):
    return sorted(p for p in (root / folder).rglob("*") if p.suffix in (".cpp", ".h", ".c") and p.is_file())


def allowed(room, quoted, header, file_in_room):
    if re.fullmatch(room.own if quoted else room.libraries, header):
        return True
    if not quoted and STANDARD.fullmatch(header):
        return True
    return any(re.fullmatch(files, file_in_room) and re.fullmatch(headers, header) for files, headers in room.extra)


def include_problems(root):
    problems = []
    known = set()
    for name, room in ROOMS.items():
        for path in sources(root, name):
            known.add(path)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if match and not allowed(room, match[1] == '"', match[2], str(path.relative_to(root / name))):
                    problems.append(f"{path.relative_to(root)}:{number}: {name} must not include {match[2]}")
    for folder in ("src", "gst"):
        for path in sources(root, folder):
            if path not in known:
                problems.append(f"{path.relative_to(root)}: stands in no room; add its folder to {Path(__file__).name}")
    return problems


def length_problems(root):
    problems = []
    for folder in ("src", "gst", "tests"):
        for path in sources(root, folder) + sorted((root / folder).rglob("*.py")):
            lines = path.read_text(encoding="utf-8").count("\n")
            if lines > MAX_LINES:
                problems.append(f"{path.relative_to(root)}: {lines} lines, the limit is {MAX_LINES}")
    return problems


def banned_problems(root):
    problems = []
    for what, pattern, folders in BANNED:
        for folder in folders:
            for path in sources(root, folder):
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                    if re.search(pattern, line):
                        problems.append(f"{path.relative_to(root)}:{number}: {what}: {line.strip()}")
    return problems


CHECKS = [("includes", include_problems), ("file lengths", length_problems), ("banned calls", banned_problems)]

# One file each that must be found, and how often its check must complain about the whole.
BAD_TREE = {
    "src/base/a.h": '#include "audio/format.h"\n',
    "src/audio/a.cpp": "#include <glib.h>\n",
    "src/protocol/a.h": "#include <json-glib/json-glib.h>\n",
    "src/protocol/b.cpp": '#include "audio/playout.h"\n',
    "src/transport/a.cpp": "#include <libsoup/soup.h>\n",
    "src/transport/b.cpp": '#include "protocol/codec.h"\n',
    "src/session/a.cpp": '#include "transport/soup_transport.h"\n',
    "src/session/b.cpp": "#  include <gst/gst.h>\n",
    "src/server/a.cpp": '#include "session/session.h"\n',
    "src/server/b.cpp": "#include <pocketsphinx.h>\n",
    "src/audio/b.cpp": '#include "tests/support/pipeline.h"\n',
    "src/new/a.cpp": "\n",
    "gst/a.cpp": "#include <json-glib/json-glib.h>\n",
    "gst/b.cpp": "#include <libsoup/soup.h>\n",
    "gst/c.cpp": '#include "transport/soup_transport.h"\n',
    "gst/d.cpp": '#include "protocol/codec.h"\n',
    "tests/examples/sip/a.cpp": '#include "base/gptr.h"\n',
}
GOOD_TREE = {
    "src/base/a.h": "#include <glib.h>\n#include <vector>\n",
    "src/protocol/a.cpp": '#include <json-glib/json-glib.h>\n#include "audio/base64.h"\n',
    "src/transport/soup_transport.cpp": "#include <libsoup/soup.h>\n",
    "src/server/speech/a.cpp": "#include <pocketsphinx.h>\n",
    "gst/plugin.cpp": '#include <gst/gst.h>\n#include "transport/soup_transport.h"\n',
}
LONG_TREE = {"tests/long.cpp": "\n" * (MAX_LINES + 1), "tests/short.cpp": "\n" * MAX_LINES}
BANNED_TREE = {"gst/a.cpp": "g_usleep(5);\n", "src/base/a.cpp": "g_print(text);\nabort();\n",
               "tests/a.cpp": "// TO" "DO\n", "src/server/main.cpp": 'std::printf("x");\n'}


def on_tree(files, check):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check(Path(folder))


def self_test():
    problems = []
    found = on_tree(BAD_TREE, include_problems)
    for name in BAD_TREE:
        if not any(problem.startswith(name + ":") for problem in found):
            problems.append(f"the bad include of {name} was not found")
    problems += [f"a good include was reported: {p}" for p in on_tree(GOOD_TREE, include_problems)]
    if len(on_tree(LONG_TREE, length_problems)) != 1:
        problems.append("exactly one file of two is too long")
    if len(on_tree(BANNED_TREE, banned_problems)) != 4:
        problems.append("four lines are banned: " + "; ".join(on_tree(BANNED_TREE, banned_problems)))
    return problems


def main():
    root = Path(sys.argv[1]).resolve()
    results = [("the checks can fail", self_test())] + [(name, check(root)) for name, check in CHECKS]
    print(f"1..{len(results)}")
    for number, (name, problems) in enumerate(results, 1):
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
        for problem in problems:
            print(f"# {problem}")
    return 1 if any(problems for _, problems in results) else 0


if __name__ == "__main__":
    sys.exit(main())
