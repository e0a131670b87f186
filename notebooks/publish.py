"""Publish the course.

    python notebooks/publish.py site [DIR]       write it as a site, into the folder site/ or another
        --pyodide DIR                            with Python for the browser from here; what is not here is
                                                 fetched from Pyodide's release
        --still                                  without the frames of figures that move: quick
    python notebooks/publish.py slides N         show page N as slides, in a browser on this machine
"""

import argparse
import functools
import http.server
import sys
import time
import webbrowser
from pathlib import Path

from web import contents, lite, site

SLIDES = contents.ROOT / ".slides"


def main(words):
    options = arguments().parse_args(words)
    if options.command == "slides":
        return show(options.page, options.port)
    began, tell = time.monotonic(), functools.partial(print, flush=True)
    if not options.still:
        tell("The frames of all figures are being painted, which takes some minutes.")
    moving = [] if options.still else None
    missing = site.build(options.target.resolve(), options.pyodide.resolve(), moving, tell)
    tell(f"The site is in {options.target}, after {time.monotonic() - began:.0f} s. Figures move where it is "
         f"served: python -m http.server -d {options.target}", *missing, sep="\n")


def arguments():
    parser = argparse.ArgumentParser(prog="course.py", description="Publish the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("site", help="write the course as a site")
    command.add_argument("target", nargs="?", type=Path, default=contents.ROOT / "site", metavar="DIR")
    command.add_argument("--pyodide", type=Path, default=lite.FOLDER, metavar="DIR",
                         help="a folder with Pyodide's files; what is not there is fetched from its release")
    command.add_argument("--still", action="store_true", help="figures that do not move: quick to build")
    command = commands.add_parser("slides", help="show a page as slides")
    command.add_argument("page", type=int, metavar="N")
    command.add_argument("--port", type=int, default=0, help="by default any that is free")
    return parser


def show(number, port=0):
    """Serve the slides of a page to this machine alone, and open them, until Ctrl-C."""
    page, folder = contents.numbered(number), SLIDES / f"{number:02}"
    handler = functools.partial(Quiet, directory=folder)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        sys.exit(f"Port {port} cannot be had ({error}): name another, or none.")
    with server:
        print("The slides are being made, which takes about a minute, and only after a change.", flush=True)
        address = f"http://127.0.0.1:{server.server_port}/{site.lecture(page, folder)}"
        print(address, "Arrow keys: right goes on, down shows the code. Key s opens the notes, f fills the "
              "screen; Ctrl-C here ends it.", sep="\n", flush=True)
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
