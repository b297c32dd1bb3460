from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.simulation.breaking import POLICIES
from evaluation.simulation.dice import Dice
from evaluation.simulation.disguise import disguised, mistyped
from evaluation.simulation.hangul import PARTICLES, apart, initial, is_syllable, with_particle
from evaluation.simulation.languages import LANGUAGES, Language
from evaluation.simulation.phrases.forms import Phrases, lines, said_in, words
from evaluation.simulation.population import CATEGORIES
from evaluation.simulation.scene import Scene

SYLLABLES = st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣"))


def phrase_lists(language: Language) -> Iterator[Phrases]:
    talk = language.talk
    yield from (talk.titles, talk.live_titles, talk.chatter, talk.descriptions, talk.captions, talk.tags)
    for goods in language.goods.values():
        yield from (goods.names, goods.features, goods.lines, goods.tags)
    for breach in language.breaches.values():
        yield from (breach.plain, breach.veiled, breach.honest)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_category_and_every_policy_can_be_talked_about(language: Language) -> None:
    assert set(language.goods) == set(CATEGORIES)
    assert set(language.breaches) == set(POLICIES)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_phrase_can_be_written_in_every_category(language: Language) -> None:
    for category in CATEGORIES:
        scene = Scene(language=language, category=category, shop="하루상회", week=4, dice=Dice(category))
        for phrases in phrase_lists(language):
            for phrase in phrases.all:
                written = scene.write(phrase.text)
                assert written.strip()
                assert not re.search(r"[{}\[\]|]", written), phrase


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_something_can_be_said_in_the_first_week_already(language: Language) -> None:
    assert all(said_in(phrases, 1) for phrases in phrase_lists(language))


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_breach_is_never_also_an_honest_sentence(language: Language) -> None:
    for breach in language.breaches.values():
        broken = {phrase.text for phrase in (*breach.plain.all, *breach.veiled.all)}
        assert not broken & {phrase.text for phrase in breach.honest.all}


def test_honest_sentences_use_the_words_of_breaches() -> None:
    marked = [
        any("[" in phrase.text for phrase in breach.honest.all)
        for breach in LANGUAGES["ko"].breaches.values()
    ]
    assert all(marked)


@given(SYLLABLES)
def test_a_syllable_taken_apart_begins_with_its_first_letter(syllable: str) -> None:
    assert apart(syllable)[0] == initial(syllable)
    assert len(apart(syllable)) in {2, 3}


@given(st.text(SYLLABLES, min_size=1, max_size=5), st.sampled_from(sorted(PARTICLES)))
def test_a_particle_is_one_of_its_two_forms_and_comes_last(word: str, particle: str) -> None:
    found = with_particle(word, particle)
    assert found.startswith(word)
    assert found.removeprefix(word) in PARTICLES[particle]


@pytest.mark.parametrize(
    ("word", "particle", "expected"),
    [
        ("유산균", "이", "유산균이"),
        ("앰플", "으로", "앰플로"),
        ("오메가3", "은", "오메가3은"),
        ("happy_2931", "으로", "happy_2931로"),
        ("비타민D", "을", "비타민D를"),
        ("일주일", "이면", "일주일이면"),
        ("삼 주", "이면", "삼 주면"),
        ("보조배터리", "이에요", "보조배터리예요"),
    ],
)
def test_particles_fit_as_people_say_them(word: str, particle: str, expected: str) -> None:
    assert with_particle(word, particle) == expected


@given(
    st.sampled_from(["완치", "카톡", "계좌이체", "cure", "bank transfer", "100% 할인"]), st.integers(0, 500)
)
def test_a_disguised_word_is_not_the_word(term: str, stream: int) -> None:
    assert disguised(term, Dice("disguise", stream)) != term


@given(st.integers(0, 300))
def test_a_disguise_keeps_how_the_word_begins(stream: int) -> None:
    first = disguised("완치", Dice("begin", stream))[0]
    assert first == "완" or first in apart("완")


@given(st.text(st.one_of(SYLLABLES, st.just(" ")), min_size=2, max_size=30), st.integers(0, 50))
def test_a_slip_changes_little(text: str, stream: int) -> None:
    assert abs(len(mistyped(text, Dice("slip", stream))) - len(text)) <= 1


def test_a_phrase_knows_from_when_on_it_is_said() -> None:
    [old, new] = lines("옛말\n새말 @3").all
    assert (old.since, new.since, new.text) == (1, 3, "새말")


def test_what_is_new_is_said_more_often() -> None:
    phrases = words("old / new @2")
    assert [said_in(phrases, week).count("new") for week in (1, 2, 3, 4)] == [0, 3, 3, 1]


def test_syllables_are_told_from_letters_and_latin() -> None:
    assert [is_syllable(letter) for letter in "완ㅇA1"] == [True, False, False, False]
