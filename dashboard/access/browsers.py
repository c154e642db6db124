"""A browser in a few words, so that people know their sessions apart."""

from __future__ import annotations

# Most browsers also name the ones that they descend from, so the order matters.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "HeadlessChrome/": "Chromium",
    "Chromium/": "Chromium",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
UNKNOWN = "Unknown browser"


def in_words(user_agent: str) -> str:
    """“Firefox on Linux”. Nothing of the text itself is kept, which anybody can make up."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), UNKNOWN)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
