"""The languages of the page: its own words by key, the engine's sentences by what they are in English, the sentences of
the lessons.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any

from .contract import Contract

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
"""In the order of the page; the first is what every other falls back to."""
FIRST = next(iter(LANGUAGES))

Words = dict[str, Any]


def read_words(language: str) -> Words:
    """Every sentence of the page. Under `engine` are those of the engine, English → this language (empty for
    English).
    """
    return {**_read(language, "page"), "engine": {} if language == FIRST else _read(language, "engine")}


def read_formulas() -> dict[str, str]:
    """What controls stand for, in TeX: by a selector of the control, the same in every language."""
    return _read("", "formula")


def translated(contract: Contract, sentences: dict[str, str]) -> Contract:
    """A contract whose words are those of a language; what a spec holds, and what has no translation, stays."""
    presets = [{**_told(preset, sentences), "spec": preset["spec"]} for preset in contract.presets]
    parts = {
        name: _told(getattr(contract, name), sentences) for name in ("statuses", "conventions", "cautions", "refusals")
    }
    return replace(contract, presets=presets, **parts)


def translated_lessons(lessons: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Lessons with the sentences of a language; one that has none there stays as it is."""
    words = {} if language == FIRST else _read(language, "lessons")
    return [_laid(words.get(lesson["name"], {}), lesson) for lesson in lessons]


def chosen(asked: str | None, accepted: str) -> str:
    """The language that an address asks for, else the first that a browser accepts (a header `Accept-Language`) and the
    page has.
    """
    if asked in LANGUAGES:
        return asked
    weighed = sorted(_weighed(accepted), key=lambda each: -each[1])
    return next((name for name, weight in weighed if weight > 0 and name in LANGUAGES), FIRST)


def _weighed(accepted: str) -> Iterator[tuple[str, float]]:
    """`de-AT,en;q=0.5` → ("de", 1.0), ("en", 0.5)."""
    for entry in accepted.split(","):
        tag, _, weight = entry.partition(";q=")
        try:
            yield tag.strip().partition("-")[0].lower(), float(weight or 1.0)
        except ValueError:
            continue


def _told(value: Any, sentences: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _told(each, sentences) for name, each in value.items()}
    if isinstance(value, list):
        return [_told(each, sentences) for each in value]
    return sentences.get(value, value) if isinstance(value, str) else value


def _laid(words: Any, over: Any) -> Any:
    """`words` laid over a document of the same structure."""
    if isinstance(over, dict):
        return {name: _laid(words[name], each) if name in words else each for name, each in over.items()}
    if isinstance(over, list):
        return [_laid(word, each) for word, each in zip(words, over, strict=True)]
    return words


def _read(language: str, name: str) -> Words:
    return json.loads(
        (files(__package__ or "flowscope_ui") / "words" / language / f"{name}.json").read_text(encoding="utf-8")
    )
