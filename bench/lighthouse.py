"""Lighthouse's marks for the pages that people see most, of a demo that runs: `python -m bench.lighthouse [address]`.

Needs Node and a Chromium (CHROME_PATH). Lighthouse comes from npm when asked: it is too large for every checkout.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from portal.demo.people import DEMO_PATIENT, PASSWORD

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
CHROME = os.environ.get("CHROME_PATH", "/usr/bin/chromium")
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100}


def main(address: str) -> None:
    """Print a line for each page, with what it should reach."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROME, args=["--no-sandbox"])
        pages = _pages(browser, address)
        browser.close()
    print("page, least " + ", ".join(f"{name} {LEAST[name]}" for name in CATEGORIES))
    for name, path, cookie in pages:
        marks = _marks(address + path, cookie)
        print(f"{name:<16}", *(f"{category} {marks[category]:>3}" for category in CATEGORIES))


def _pages(browser: Browser, address: str) -> list[tuple[str, str, str]]:
    """Name, path, and the cookie of whoever looks."""
    visitor = _open(browser, address, "/clinicians")
    clinician = visitor.locator("a[href^='/clinicians/']").first.get_attribute("href") or ""
    return [
        ("home", "/", ""),
        ("clinician", clinician, ""),
        ("my appointments", "/patient/appointments", _cookie(_patient(browser, address))),
        ("day board", "/desk/day", _cookie(_desk(browser, address))),
    ]


def _open(browser: Browser, address: str, path: str) -> Page:
    page = browser.new_context(base_url=address).new_page()
    page.goto(path)
    return page


def _patient(browser: Browser, address: str) -> Page:
    page = _open(browser, address, "/sign-in")
    page.get_by_label("Phone number").fill(DEMO_PATIENT[1])
    page.get_by_role("button", name="Send me a code").click()
    sent = requests.get(f"{address}/dev/outbox.json", timeout=10).json()
    code = next(message["code"] for message in sent if message["to"] == DEMO_PATIENT[1] and message["code"])
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/patient/**")
    return page


def _desk(browser: Browser, address: str) -> Page:
    page = _open(browser, address, "/staff/sign-in")
    page.get_by_label("Username, email or phone").fill("desk")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/desk/**")
    return page


def _cookie(page: Page) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())


def _marks(url: str, cookie: str) -> dict[str, int]:
    """Of a hundred, by category."""
    with TemporaryDirectory() as folder:
        report, headers = Path(folder, "report.json"), Path(folder, "headers.json")
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [
            *("npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}"),
            *("--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(CATEGORIES)}"),
            f"--extra-headers={headers}",
        ]
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": CHROME})
        found: dict[str, Any] = json.loads(report.read_text())["categories"]
    return {name: round(100 * found[name]["score"]) for name in CATEGORIES}


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
