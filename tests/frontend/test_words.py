"""The words of the page are there in every language, with the same keys, marks and places to fill."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flowscope.prediction.catalogue import PREDICTIONS
from flowscope_ui.contract import Contract, read_contract
from flowscope_ui.editor import editor
from flowscope_ui.form import Form
from flowscope_ui.language import FIRST, LANGUAGES, chosen, read_words, translated, translated_lessons
from flowscope_ui.lesson import read_lessons

OTHERS = [language for language in LANGUAGES if language != FIRST]
MARKS = re.compile(r"\$?\{\w+\}|</?su[bp]>|`[^`]*`")
"""What is filled in, what sets a sub- or superscript, and names of a spec."""
WORD = re.compile(r"[^\W\d_]{3}")
PHRASE = re.compile(r"[^\W\d_]{3,} [^\W\d_]{3,}")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every sentence of a document under its path."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{path}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}/{index}")
    elif isinstance(value, str):
        yield path, value


def marks(sentence: str) -> list[str]:
    return sorted(MARKS.findall(sentence))


def lesson_words(lesson: dict[str, Any]) -> dict[str, str]:
    """The sentences of a lesson by path."""
    own = ("title", "text", "answer")
    return {path: sentence for path, sentence in leaves(lesson) if path.rpartition("/")[2] in own}


def titles(schema: Any) -> Iterator[str]:
    """Every description and every field's title of a schema, as the form shows them."""
    if isinstance(schema, dict):
        if isinstance(title := schema.get("title"), str) and "properties" not in schema:
            yield title
        if isinstance(about := schema.get("description"), str):
            yield about.splitlines()[0]
        for each in schema.values():
            yield from titles(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from titles(each)


def labels(component: Any) -> Iterator[str]:
    """Every label in a drawn form."""
    if isinstance(component, list):
        for each in component:
            yield from labels(each)
    elif hasattr(component, "to_plotly_json"):
        told = component.to_plotly_json()["props"]
        yield from (told[name] for name in ("label",) if isinstance(told.get(name), str))
        if component.__class__.__name__ == "Select":
            yield from (option["label"] for option in told["data"] if isinstance(option, dict))
        if component.__class__.__name__ == "AccordionControl":
            yield told["children"]
        yield from labels(told.get("children"))


def sentences(contract: Contract) -> set[str]:
    """What the page shows of the engine in words."""
    told = [*contract.statuses.values(), *contract.advice, *titles(contract.spec)]
    told += [each["title"] for name in ("clocks", "counters") for each in contract.conventions[name] if "title" in each]
    told += [each["sentence"] for each in contract.cautions.values()]
    told += [sentence for each in contract.refusals.values() for sentence in each.values()]
    told += [each[name] for each in contract.presets for name in ("group", "title")]
    told += [each["slider"]["label"] for each in contract.presets if each["slider"]]
    told += [sentence for each in PREDICTIONS for sentence in (each.statement, each.assumption)]
    words = read_words(FIRST)
    form = Form(contract.spec)
    for preset in contract.presets:
        told += labels(editor(form.build(preset["spec"]), words))
    own = {*words["kinds"].values()}  # what the page calls a part itself
    return {sentence for sentence in told if WORD.search(sentence) and sentence not in own}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_keys_and_marks_of_the_first(language: str) -> None:
    first, words = (dict(leaves({**read_words(name), "engine": {}})) for name in (FIRST, language))
    assert list(words) == list(first)
    assert {
        path: (first[path], sentence) for path, sentence in words.items() if marks(first[path]) != marks(sentence)
    } == {}
    assert all(bool(sentence.strip()) == bool(first[path].strip()) for path, sentence in words.items())


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_engine_is_told_in_every_language(language: str) -> None:
    catalogue = read_words(language)["engine"]
    assert sentences(read_contract()) - set(catalogue) == set()
    assert {english: sentence for english, sentence in catalogue.items() if marks(english) != marks(sentence)} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_every_lesson_is_told_in_every_language_with_its_measures(language: str) -> None:
    for lesson, told in zip(read_lessons(), translated_lessons(read_lessons(), language), strict=True):
        first, words = lesson_words(lesson), lesson_words(told)
        same = {path for path, sentence in words.items() if sentence == first[path]}
        assert list(words) == list(first)
        assert {path for path in same if PHRASE.search(first[path])} == set()
        assert {path: sentence for path, sentence in words.items() if marks(first[path]) != marks(sentence)} == {}
        assert [step.get("preset") for step in told["steps"]] == [step.get("preset") for step in lesson["steps"]]


def test_a_contract_in_another_language_keeps_its_specs() -> None:
    contract = read_contract()
    told = translated(contract, read_words("de")["engine"])
    assert [each["spec"] for each in told.presets] == [each["spec"] for each in contract.presets]
    assert [each["name"] for each in told.presets] == [each["name"] for each in contract.presets]
    assert told.statuses["horizon"] == "Die Zeit ist um: Am Horizont bewegte es sich noch."


def test_the_form_speaks_the_language_of_the_page() -> None:
    contract = read_contract()
    shown = set(labels(editor(Form(contract.spec).build(contract.presets[0]["spec"]), read_words("fr"))))
    assert {"Problème", "Réseau", "Départ", "Flot de gradient"} <= shown


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("fr", "de", "fr"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "nl,en;q=0.4,fr;q=0.6", "fr"),
        ("tlh", "", "en"),
        (None, "de;q=0, fr;q=oops", "en"),
    ],
)
def test_the_address_then_the_browser_choose_the_language(asked: str | None, accepted: str, language: str) -> None:
    assert chosen(asked, accepted) == language
