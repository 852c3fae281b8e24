"""zh-CN and en for the command line: a text is written once in each language, side by side, where it is used."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from enum import Enum


class Language(Enum):
    EN = "en"
    ZH_CN = "zh-CN"


Say = Callable[[str, str], str]
"""say(english, chinese) -> the text in the chosen language."""


def speaker(language: Language) -> Say:
    return (lambda english, chinese: chinese) if language is Language.ZH_CN else (lambda english, chinese: english)


def counted(count: int, noun: str) -> str:
    """In English: 1 alert, 2 alerts."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def choose_language(arguments: Sequence[str]) -> Language:
    """`--lang` if given, else VEDETTE_LANG, LC_ALL, LC_MESSAGES, LANG. Anything that begins with zh is Chinese."""
    wanted = ""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            wanted = arguments[position + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    for variable in ("VEDETTE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = wanted or os.environ.get(variable, "")
    return Language.ZH_CN if wanted.lower().startswith("zh") else Language.EN


def add_language(to: argparse.ArgumentParser, say: Say) -> None:
    to.add_argument(
        "--lang",
        choices=("en", "zh-CN"),
        default=None,
        help=say("language of the texts (from LANG)", "界面语言（取自 LANG）"),
    )
