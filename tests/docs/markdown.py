"""What the documentation's tests read of a page: its marked tables, its fenced blocks, its links."""
import re
from dataclasses import dataclass
from pathlib import Path


def plain(cell):
    """A table cell without its code marks."""
    return cell.strip().replace("`", "").replace("\\|", "|")


def table(page, name):
    """The rows below `<!-- table: name -->`, as lists of plain cells, without the head."""
    lines = page.read_text(encoding="utf-8").splitlines()
    marker = f"<!-- table: {name} -->"
    if marker not in lines:
        raise LookupError(f"{page.name} has no {marker}")
    rows = []
    for line in lines[lines.index(marker) + 1:]:
        if not line.startswith("|"):
            if rows:
                break
            continue
        rows.append([plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows[2:]


def generated(page, name):
    """The text between `<!-- generated: name -->` and `<!-- end -->`."""
    match = re.search(pattern_of(name), page.read_text(encoding="utf-8"), re.S)
    if not match:
        raise LookupError(f"{page.name} has no generated part {name}")
    return match[2]


def replace_generated(page, name, text):
    old = page.read_text(encoding="utf-8")
    page.write_text(re.sub(pattern_of(name), lambda m: m[1] + text + m[3], old, flags=re.S), encoding="utf-8")


def pattern_of(name):
    return rf"(<!-- generated: {re.escape(name)} -->\n)(.*?)(<!-- end -->)"


@dataclass
class Block:
    page: Path
    line: int
    words: list  # of the info string
    text: str


def blocks(page):
    found, start, words, body = [], None, [], []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```") and start is None:
            start, words, body = number, line[3:].split(), []
        elif line.startswith("```"):
            found.append(Block(page, start, words, "\n".join(body)))
            start = None
        elif start is not None:
            body.append(line)
    return found


def links(page):
    """The targets of links to files of the project."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    return [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)
            if not re.match(r"[a-z]+:|#", target)]
