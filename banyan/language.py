"""The language of the person at the terminal, by the rules of the locale (POSIX 8.2)."""

import os
from collections.abc import Mapping


def language(environ: Mapping[str, str] = os.environ) -> str:
    """The locale's name, such as `zh_CN.UTF-8`: the first of LC_ALL, LC_MESSAGES and LANG that is set; else empty."""
    return next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")


def say(en: str, zh: str) -> str:
    """The sentence in the language of the person at the terminal."""
    return zh if language().lower().startswith("zh") else en
