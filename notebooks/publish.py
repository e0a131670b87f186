"""Publish the course.

    python notebooks/publish.py site [DIR]       write it as a site, into the folder site/ or another
"""

import argparse
import sys
import time
from pathlib import Path

from web import contents, site


def main(words):
    parser = argparse.ArgumentParser(description="Publish the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("site", help="write the course as a site")
    command.add_argument("target", nargs="?", type=Path, default=contents.ROOT / "site", metavar="DIR")
    options = parser.parse_args(words)
    began = time.monotonic()
    pages = site.build(options.target.resolve())
    print(f"{len(pages)} pages are in {options.target}, after {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main(sys.argv[1:])
