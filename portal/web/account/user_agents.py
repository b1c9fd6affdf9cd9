"""What a browser or program says of itself, in the words of its owner."""

import re

from flask_babel import gettext

# The first that fits: browsers name those they descend from as well.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"CriOS/|Chrome/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"Linux", "Linux"),
)
LONGEST = 60


def browser_name(user_agent: str) -> str:
    """ "Firefox on Windows"; less where less is known."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return str(gettext("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or str(gettext("A browser"))


def program_name(description: str) -> str:
    """The name that a program gave itself: "curl" of "curl/8.5.0"; a browser's where it is one."""
    if description.startswith("Mozilla/"):
        return browser_name(description)
    name = re.split(r"[/(]", description, maxsplit=1)[0].strip()[:LONGEST]
    return name or str(gettext("A program"))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, text)), "")
