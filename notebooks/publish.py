"""Publish the course.

    python notebooks/publish.py site [DIR]       write it as a site, into the folder site/ or another
        --pyodide DIR                            with Python for the browser from here; what is not here is
                                                 fetched from Pyodide's release
        --still                                  without the frames of figures that move: quick
"""

import argparse
import sys
import time
from pathlib import Path

from web import contents, lite, site


def main(words):
    parser = argparse.ArgumentParser(description="Publish the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("site", help="write the course as a site")
    command.add_argument("target", nargs="?", type=Path, default=contents.ROOT / "site", metavar="DIR")
    command.add_argument("--pyodide", type=Path, default=lite.FOLDER, metavar="DIR")
    command.add_argument("--still", action="store_true", help="figures that do not move: quick to build")
    options = parser.parse_args(words)
    began = time.monotonic()
    missing = site.build(options.target.resolve(), options.pyodide.resolve(), [] if options.still else None)
    print(f"The site is in {options.target}, after {time.monotonic() - began:.0f} s.", *missing, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
