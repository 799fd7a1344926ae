#!/usr/bin/env python3
"""Compares the documentation with the code: messages, errors, properties, signals, links.

    pages.py SOURCE_ROOT PRINT_TABLES GST_INSPECT            the test (TAP)
    pages.py SOURCE_ROOT PRINT_TABLES GST_INSPECT --write    writes the generated tables into the pages
"""
import re
import subprocess
import sys
from pathlib import Path

import markdown

ELEMENTS = ("realtimesink", "realtimesrc", "realtimetextsrc", "realtimeimagesink")
# Of the base classes, or every element's.
FOREIGN_PROPERTIES = {"name", "parent", "async", "blocksize", "enable-last-sample", "last-sample", "max-bitrate",
                      "max-lateness", "processing-deadline", "qos", "render-delay", "sync", "throttle-time",
                      "ts-offset", "automatic-eos", "do-timestamp", "num-buffers", "typefind"}


def code_rows(program, kind):
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [line.split("\t")[1:] for line in output.splitlines() if line.startswith(kind + "\t")]


class Inspected:
    """An element as gst-inspect-1.0 shows it."""

    def __init__(self, program, element):
        text = subprocess.run([program, "--no-colors", element], check=True, capture_output=True, text=True).stdout
        self.properties = {}
        body = re.search(r"^Element Properties:\n(.*?)(?=^\S|\Z)", text, re.S | re.M)[1]
        for part in re.split(r"\n(?=  [a-z])", "\n" + body):
            match = re.match(r"\s*([a-z-]+)\s*: (.*?)\n\s+flags: ([^\n]*)\n(.*)", part, re.S)
            if match:
                self.properties[match[1]] = {"blurb": match[2], "flags": match[3], "type": match[4].strip()}
        self.signals = set(re.findall(r'^  "([a-z-]+)" : ', text, re.M))


def type_and_default(description):
    """What gst-inspect says of a property's type, short."""
    first = description.split("\n")[0].strip()
    if match := re.match(r'Enum "[^"]*" Default: -?\d+, "([^"]*)"', first):
        names = re.findall(r"\(-?\d+\): (\S+)", description)
        return ", ".join(names), match[1]
    if match := re.match(r"Fraction\. Range:\s+(\S+) -\s+(\S+) Default:\s+(\S+)", first):
        return f"fraction {match[1]} to {match[2]}", match[3]
    if match := re.match(r"(Unsigned Integer|Integer|Double)\. Range:\s+(\S+) -\s+(\S+) Default:\s+(\S+)", first):
        low, high, default = (f"{float(n):g}" if match[1] == "Double" else n for n in match.groups()[1:])
        return f"{match[1].lower()} {low} to {high}", default
    first = first.removesuffix(" Write only")
    if match := re.match(r"String\. Default: (.*)", first):
        return "string", match[1].strip('"') if match[1] != "null" else "NULL"
    if match := re.match(r"Boolean\. Default: (\S+)", first):
        return "boolean", match[1]
    if match := re.match(r'(?:Boxed pointer|Object) of type "([^"]+)"', first):
        return match[1], "NULL"
    raise ValueError(f"gst-inspect-1.0 wrote what is not understood: {first}")


MUTABILITY = {"settable in NULL and READY": "in NULL and READY", "settable always, takes effect at once": "at once",
              "settable always, used by the next connection": "next connection"}


def mutability_and_meaning(entry):
    blurb = re.sub(r";? ?\(?Since: [0-9.]+\)$", "", entry["blurb"]).replace("|", "\\|")
    for long, short in MUTABILITY.items():
        # Range and default have columns of their own.
        if match := re.fullmatch(r"(.*) \([^()]*; " + re.escape(long), blurb):
            return short, match[1]
    if "writable" not in entry["flags"]:
        return "read-only", blurb
    raise ValueError(f"the blurb does not say when the property can be set: {blurb}")


def property_table(properties, names):
    lines = ["| property | type, range | default | set | meaning |", "|---|---|---|---|---|"]
    for name in sorted(names):
        entry = properties[name]
        kind, default = type_and_default(entry["type"])
        when, meaning = mutability_and_meaning(entry)
        lines.append(f"| `{name}` | {kind} | {default} | {when} | {meaning} |")
    return "\n".join(lines) + "\n"


def generated_tables(inspected):
    """(page, name of the part) -> text."""
    own = {e: set(inspected[e].properties) - FOREIGN_PROPERTIES for e in ELEMENTS}
    shared = set.intersection(*own.values())
    tables = {("properties.md", "session properties"): property_table(inspected["realtimesink"].properties, shared)}
    for element in ELEMENTS:
        tables[(element + ".md", "own properties")] = property_table(inspected[element].properties,
                                                                     own[element] - shared)
    return tables


def compare(what, documented, coded):
    """Both are dictionaries; what differs, in words."""
    problems = [f"{what} {key} is not documented" for key in coded if key not in documented]
    problems += [f"{what} {key} is documented but does not exist" for key in documented if key not in coded]
    problems += [f"{what} {key}: documented as {documented[key]}, is {coded[key]}"
                 for key in coded if key in documented and documented[key] != coded[key]]
    return problems


def message_problems(docs, program):
    def fields(text):
        return sorted(filter(None, re.split(r",\s*", text)))
    rows = code_rows(program, "notice")
    coded = {row[0]: (row[1], fields(row[2])) for row in rows}
    documented = {row[0].removeprefix("realtime/"): (row[1], fields(row[2]))
                  for row in markdown.table(docs / "messages.md", "messages")}
    problems = compare("message", documented, coded)
    names = {name for row in rows for name in fields(row[2])}
    explained = {name for row in markdown.table(docs / "messages.md", "fields") for name in fields(row[0])}
    return problems + [f"field {name} is not explained, or does not exist" for name in sorted(names ^ explained)]


def error_problems(docs, program):
    coded = {row[0]: (row[1], row[2]) for row in code_rows(program, "error") if row[0] != "cancelled"}
    rows = markdown.table(docs / "troubleshooting.md", "errors")
    problems = compare("error", {row[0]: (row[1], row[2]) for row in rows}, coded)
    return problems + [f"error {row[0]}: nothing is said about what to do" for row in rows if len(row[4]) < 10]


def stats_problems(docs, program):
    coded = {row[0]: "" for row in code_rows(program, "stats")} | {"session-id": "", "model": ""}
    documented = {name.strip(): "" for row in markdown.table(docs / "messages.md", "stats")
                  for name in row[0].split(",")}
    return compare("counter", documented, coded)


def provider_problems(docs, program):
    coded = {row[0]: row[1:] for row in code_rows(program, "provider")}
    documented = {row[0]: row[1:] for row in markdown.table(docs / "providers.md", "providers")}
    return compare("provider", documented, coded)


def signal_problems(docs, inspected):
    coded = {name: "" for name in inspected["realtimesink"].signals}
    documented = {row[0].split("(")[0]: "" for row in markdown.table(docs / "signals.md", "signals")}
    problems = compare("signal", documented, coded)
    problems += [f"{element} has other signals than realtimesink" for element in ELEMENTS
                 if inspected[element].signals != inspected["realtimesink"].signals]
    return problems


def property_problems(docs, inspected):
    problems = []
    for (page, name), text in generated_tables(inspected).items():
        if markdown.generated(docs / page, name) != text:
            problems.append(f"docs/{page}: the table of {name} is not what gst-inspect-1.0 shows; "
                            "write it with tests/docs/pages.py --write, see docs/testing.md")
    return problems


def link_problems(root):
    pages = [root / "README.md"] + sorted((root / "docs").rglob("*.md"))
    problems = [f"{page.relative_to(root)}: there is no {target}" for page in pages for target in markdown.links(page)
                if not (page.parent / target).exists()]
    index = root / "docs" / "README.md"
    reached = {(index.parent / target).resolve() for target in markdown.links(index)}
    decisions = root / "docs" / "decisions" / "README.md"
    reached |= {(decisions.parent / target).resolve() for target in markdown.links(decisions)}
    problems += [f"{page.relative_to(root)}: no index links to it" for page in pages[1:]
                 if page not in (index, decisions) and page.resolve() not in reached]
    return problems


def test_name_problems(root):
    """complaints.md names each test by its file and, behind it, its path or function; `*` stands for more of them."""
    sources = {}
    for folder, prefix in (("unit/session", ""), ("elements", "element-"), ("pipelines", "pipeline-")):
        for source in (root / "tests" / folder).glob("*.cpp"):
            name = source.stem if prefix else source.stem.replace("_", "-")
            sources[prefix + name] = source.read_text(encoding="utf-8")
    problems, named = [], 0
    page = (root / "docs" / "decisions" / "complaints.md").read_text(encoding="utf-8")
    for name, tests in re.findall(r"\*([a-z_-]+)\*((?:,? `[^`]+`)+)", page):
        for test in re.findall(r"`([^`]+)`", tests):
            named += 1
            if test.removesuffix("*") not in sources.get(name, ""):
                problems.append(f"complaints.md: {name} has no {test}")
    return problems if named > 10 else [f"complaints.md names {named} tests"]


def self_test():
    """The comparisons can fail."""
    differing = compare("thing", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4})
    return [] if len(differing) == 3 else ["compare() finds " + "; ".join(differing)]


def main():
    root, program, inspect = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    docs = root / "docs"
    inspected = {element: Inspected(inspect, element) for element in ELEMENTS}
    if "--write" in sys.argv:
        for (page, name), text in generated_tables(inspected).items():
            markdown.replace_generated(docs / page, name, text)
        return 0
    checks = [("the comparison can fail", self_test()), ("messages", message_problems(docs, program)),
              ("errors", error_problems(docs, program)),
              ("providers", provider_problems(docs, program)), ("stats", stats_problems(docs, program)),
              ("signals", signal_problems(docs, inspected)),
              ("properties", property_problems(docs, inspected)), ("links", link_problems(root)),
              ("tests named", test_name_problems(root))]
    print(f"1..{len(checks)}")
    for number, (name, problems) in enumerate(checks, 1):
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
        for problem in problems:
            print(f"# {problem}")
    return 1 if any(problems for _, problems in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
