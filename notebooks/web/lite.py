"""Python in the reader's browser: JupyterLite with Pyodide, all notebooks, and rnnlib loaded by its import.

Everything that a reader's browser loads lies on the site. Pyodide's files are taken from a folder, or else
from its public release, and each package is held against the checksum that the release lists.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from urllib.request import urlopen

from . import contents

PYODIDE = "0.27.7"
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full"
LOCK = "pyodide-lock.json", "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c"
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
# What the kernel asks for by itself, and what the course needs.
WANTED = ("micropip", "packaging", "ssl", "sqlite3", "ipython", "jedi", "traitlets",
          "matplotlib", "pillow", "numpy")
# The widgets, of the versions that are installed here, with what each needs.
WIDGETS = {
    "ipywidgets": ["ipython", "traitlets", "comm", "jupyterlab-widgets", "widgetsnbextension"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "comm": ["traitlets"],
    "jupyterlab_widgets": [], "widgetsnbextension": [], "psygnal": [], "typing_extensions": [],
}
OURS = ["numpy", "matplotlib", "pillow", "anywidget"]      # what rnnlib.course imports
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab_pygments")     # of JupyterLab
FOLDER = contents.ROOT / f".pyodide-{PYODIDE}"
ASIDE = Path(sys.prefix) / "lite"     # where course.py puts JupyterLite, out of JupyterLab's sight
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class NotToBeHad(Exception):
    """Why the part that runs in the browser cannot be made, in one sentence."""


def build(target, pages, folder):
    """Write JupyterLite with the notebooks into a folder, with Pyodide from another."""
    with tempfile.TemporaryDirectory() as temporary:
        stage = Path(temporary)
        pyodide = stage / "static" / "pyodide"           # where JupyterLite looks for it
        pyodide.mkdir(parents=True)
        lock = gather(pyodide, folder)
        for wheel, depends in wheels(stage):
            shutil.copy(wheel, pyodide)
            lock["packages"].update(entry(wheel, depends))
        (pyodide / LOCK[0]).write_text(json.dumps(lock))
        files = stage / "files"
        files.mkdir()
        for file in [*(page.file for page in pages if page.runs), contents.NOTEBOOKS / contents.CONVENTIONS]:
            shutil.copy(file, files)
        (stage / "overrides.json").write_text(json.dumps(SETTINGS))
        pack(stage, target)


def gather(pyodide, folder):
    """Put Pyodide and the packages that the course needs into a folder, and return the lock file of these."""
    text = fetch(LOCK[0], folder, LOCK[1])
    lock = json.loads(text)
    every, wanted = lock["packages"], set()
    queue = list(WANTED)
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [other.lower().replace("_", "-") for other in every[name]["depends"]]
    lock["packages"] = {name: every[name] for name in sorted(wanted)}
    for name in CORE:
        (pyodide / name).write_bytes(fetch(name, folder))
    for package in lock["packages"].values():
        (pyodide / package["file_name"]).write_bytes(fetch(package["file_name"], folder, package["sha256"]))
    return lock


def fetch(name, folder, sha256=None):
    """Return the bytes of one file of Pyodide: from a folder, or else from its release, and kept there."""
    file = folder / name
    if not file.exists():
        try:
            with urlopen(f"{RELEASE}/{name}", timeout=60) as answer:
                data = answer.read()
        except OSError as error:
            raise NotToBeHad(f"{name} of Pyodide is neither in {folder}, nor to be had from its public "
                             f"release ({error}).") from error
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    data = file.read_bytes()
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise NotToBeHad(f"{file} is not the file of that name in Pyodide {PYODIDE}.")
    return data


def wheels(stage):
    """Yield (wheel, what it needs) of rnnlib, made from this tree, and of the widgets."""
    folder = stage / "wheels"
    pins = [f"{name}=={metadata.version(name)}" for name in WIDGETS]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
         "--platform=any", "--python-version=3.12", f"--dest={folder}", *pins],
        capture_output=True, text=True)
    if done.returncode:
        raise NotToBeHad(f"The widgets' wheels cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
    for name, depends in WIDGETS.items():
        (wheel,) = folder.glob(f"{name}-*.whl")
        yield wheel, depends
    yield ours(stage), OURS


def ours(stage):
    """Return the wheel of rnnlib, made from a copy of the tree, which stays clean."""
    tree = stage / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", "MANIFEST.in"):
        shutil.copy(contents.ROOT / name, tree)
    shutil.copytree(contents.ROOT / "rnnlib", tree / "rnnlib", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, env=aside())
    if done.returncode:
        raise NotToBeHad(f"The wheel of rnnlib cannot be made: {done.stderr.strip().splitlines()[-1]}")
    return tree / done.stdout.splitlines()[-1]


def entry(wheel, depends):
    """Return {name: what Pyodide's lock file says of a wheel}, so that its import loads it."""
    module, version = wheel.name.split("-")[:2]
    name = module.replace("_", "-").lower()
    return {name: {
        "name": name, "version": version, "file_name": wheel.name, "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "package_type": "package",
        "imports": [module], "depends": depends, "unvendored_tests": False}}


def pack(stage, target):
    """Let JupyterLite write its site: one application, the notebooks, and the Pyodide beside them."""
    extensions, share = stage / "extensions", "share/jupyter/labextensions"
    shutil.copytree(ASIDE / share, extensions)
    for name in EXTENSIONS:
        shutil.copytree(Path(sys.prefix) / share / name, extensions / name)
    command = [
        sys.executable, "-m", "jupyterlite_core", "build", f"--lite-dir={stage}", "--contents=files",
        f"--output-dir={target}", "--apps=lab", "--no-sourcemaps", "--no-unused-shared-packages",
        "--ignore-sys-prefix",
        f"--FederatedExtensionAddon.extra_labextensions_path={extensions}"]
    done = subprocess.run(command, cwd=stage, capture_output=True, text=True, env=aside())
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error" in line] or ["?"]
        raise NotToBeHad(f"JupyterLite cannot be built: {said[-1]}")


def aside():
    """Return the environment of what runs with the packages that lie aside."""
    return {**os.environ, "PYTHONPATH": str(ASIDE)}
