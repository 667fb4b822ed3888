"""Writes the tool's manual pages: see Tools/man_pages.py --help.

swift-argument-parser's generator makes them of the tool's help texts, but leaves out all that is not
ASCII, takes lines that begin with an apostrophe for commands, and runs examples together. So it is
given the texts with marks for these, which become what they stand for in its pages.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile

HIDDEN = r"@u([0-9A-F]{4,6})@"
BLANK, LITERAL, TEXT = "@blank@", "@literal@", "@text@"


def hide(text):
    """`text` with marks for what the generator would lose."""
    return re.sub(r"[^\x00-\x7f]", lambda match: f"@u{ord(match[0]):04X}@", text)


def marked(text):
    """The same, with a mark for what a line is."""
    kinds = {"": BLANK, " ": LITERAL, "'": TEXT, ".": TEXT}
    lines = text.rstrip("\n").split("\n")
    return "\n".join(kinds.get(line[:1], "") + hide(line) for line in lines)


def mark(command):
    """Marks every text of the description `command`, and of its subcommands'."""
    for item in [command] + command.get("arguments", []):
        for key in ("abstract", "discussion"):
            if key in item:
                item[key] = marked(item[key])
        if "valueName" in item:
            item["valueName"] = hide(item["valueName"])
    for subcommand in command.get("subcommands", []):
        mark(subcommand)


def mended(page):
    """The generator's page with what the marks stand for, in the form that man(1) looks for."""
    name = re.search(r'^\.Nm "?(.*?)"?$', page, re.M)[1]
    section = ""
    lines = []
    is_literal = False
    for line in page.rstrip("\n").split("\n"):
        if is_literal and not line.startswith(LITERAL):
            lines.append(".Ed")
            is_literal = False
        if line.startswith(".Sh "):
            section = line[4:]
        if line.startswith(".Dt ") or line.startswith(".Xr "):
            line = re.sub(r"(?<=\w)\.(?=\w)", "-", line)
        elif line.startswith(".Nm"):
            line = ".Nm " + (name.replace(" ", "-") if section == "NAME" else f'"{name}"')
        elif line.startswith(".Nd "):
            line = ".Nd " + line[4:].strip('"').rstrip(".")
        elif line == BLANK:
            line = ".Pp"
        elif line.startswith(TEXT):
            line = r"\&" + line.removeprefix(TEXT)
        elif line.startswith(LITERAL):
            if not is_literal:
                lines.append(".Bd -literal -compact")
            is_literal = True
            line = line.removeprefix(LITERAL)
        elif line.startswith(".Bl ") and section == "DESCRIPTION":
            section = "OPTIONS"
            if lines[-1] == ".Sh DESCRIPTION":  # nothing was said of the command
                lines.pop()
            lines.append(".Sh OPTIONS")
        elif " Ar " in line:
            line = line.replace("|", r"|\:")  # where a long list of choices may break
        elif not line.startswith("."):
            line = re.sub(r"(?<=[.:?!]) +(?=[A-Z])", "\n", line)  # a sentence a line
        lines.append(re.sub(HIDDEN, r"\\[u\1]", line))
    # A paragraph that never comes: values of an option that have nothing to be said of them.
    return re.sub(r"\n\.Pp(?=\n\.(It|El|Sh)\b)", "", "\n".join(lines)) + "\n"


def main():
    parser = argparse.ArgumentParser(
        prog="Tools/man_pages.py",
        description="Writes manual pages of TOOL and its subcommands to DIR: tickets.1, tickets-run.1, ...")
    parser.add_argument("tool", metavar="TOOL")
    parser.add_argument("generator", metavar="GENERATOR",
                        help="swift-argument-parser's generate-manual")
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--date", required=True, help="what the pages are from, as 2026-01-31")
    arguments = parser.parse_args()
    dump = json.loads(subprocess.run([arguments.tool, "--experimental-dump-help"], check=True,
                                     capture_output=True).stdout)
    mark(dump["command"])
    os.makedirs(arguments.folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # What the generator asks for the description.
        tool = os.path.join(scratch, "tool")
        with open(tool, "w") as file:
            file.write(f"#!/bin/sh\ncat <<'END OF DUMP'\n{json.dumps(dump)}\nEND OF DUMP\n")
        os.chmod(tool, 0o755)
        pages = os.path.join(scratch, "pages")
        os.mkdir(pages)
        subprocess.run([arguments.generator, tool, "--multi-page", "--date", arguments.date,
                        "--output-directory", pages], check=True, stdout=subprocess.DEVNULL)
        for name in os.listdir(pages):
            with open(os.path.join(pages, name)) as file:
                page = mended(file.read())
            stem, number = name.rsplit(".", 1)
            with open(os.path.join(arguments.folder, f"{stem.replace('.', '-')}.{number}"), "w") as file:
                file.write(page)


if __name__ == "__main__":
    main()
