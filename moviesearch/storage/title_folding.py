"""Titles made comparable: what people type, what lists have and what a collection has become the same text.

- `fold_title` lets case, accents, letters such as ł and ß, apostrophes and punctuation go, "&" is "and", and
  "Ring, The" is "The Ring".
- `loose_title` also drops the leading article and the spaces, and writes "Part II", "Part Two" and "2" alike. Two
  films may share it ("Ring", "The Ring"), so it is looked at only where no folded title fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

VERSION = 1
"""To be raised with every change of what this file returns: stores then fold their titles again."""

_ARTICLES = frozenset(
    """the a an  le la les l un une des  der die das den dem ein eine  el los las una unos unas  il lo gli uno
    o os as um uma  de het een  en ett et det  az egy""".split()
)
"""Leading articles: English, French, German, Spanish, Italian, Portuguese, Dutch, Scandinavian, Hungarian."""

_MOVED_ARTICLES = _ARTICLES | {"i"}
"""Articles that may stand behind a title ("Soliti ignoti, I"); before one, I is English ("I, Robot")."""

_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "ı": "i",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ĸ": "k",
        "ə": "e",
        "ƒ": "f",
        "×": "x",
        **dict.fromkeys("’‘‛ʼʻʹʽ´′＇", "'"),
    }
)
"""Letters that no normal form of Unicode takes apart, and the signs that people write for an apostrophe."""

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_PARTS = frozenset(("part", "pt", "parts", "volume", "vol", "chapter", "episode", "teil", "partie", "parte"))
_ROMAN = {
    numeral: str(number)
    for number, numeral in enumerate("ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split(), 2)
}
_COUNTED = {
    "i": "1",
    **{word: str(number) for number, word in enumerate("one two three four five six seven eight nine ten".split(), 1)},
}
"""Numbers that are sure to be such only behind "part" and the like."""

_OTHER_TITLES = frozenset(("also", "aka", "also known as", "original title", "alternative titles", "other titles"))


def fold_title(title: str) -> str:
    """A title for comparing: "Amélie" and "amelie" become the same, and so do "Ring, The" and "the ring!"."""
    return " ".join(_words(_plain(title).replace("'", ""))) or title.strip().casefold()


def loose_title(title: str) -> str:
    """A title as it is compared when no folded one fits: "The Godfather: Part II" and "godfather 2" become the same."""
    plain = _plain(title)
    if plain.startswith("l'"):
        plain = plain[2:]
    words = _joined_initials(_words(plain.replace("'", "")))
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    numbered = [words[0], *(_ROMAN.get(word, word) for word in words[1:])] if words else []
    for at in range(1, len(numbered)):
        if numbered[at - 1] in _PARTS:
            numbered[at] = _COUNTED.get(numbered[at], numbered[at])
            if at > 1 and numbered[at].isdecimal():
                numbered[at - 1] = ""
    return "".join(word for word in numbered if word != "and") or fold_title(title)


def other_titles(extra: Mapping[str, Any]) -> Iterator[str]:
    """The further titles that a film's other fields name, such as `also` and `original_title`: lists, or "a; b"."""
    for field, value in extra.items():
        if field.casefold().replace("_", " ").strip() in _OTHER_TITLES:
            for title in value if isinstance(value, list) else str(value or "").split(";"):
                if isinstance(title, str) and title.strip():
                    yield title.strip()


def _plain(title: str) -> str:
    """In lower case, without accents, "&" and apostrophes spelt in one way, and the article in front."""
    plain = title.casefold().replace("`", "'")
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain.translate(_LETTERS)).casefold().translate(_LETTERS)
        plain = "".join(letter for letter in decomposed if not _is_accent(letter))
    if "&" in plain:
        plain = plain.replace("&", " and ")
    name, comma, article = plain.rpartition(",")
    if comma and (bare := article.strip(" .")).rstrip("'") in _MOVED_ARTICLES and name.strip():
        return f"{bare}{'' if bare.endswith(chr(39)) else ' '}{name.strip()}"
    return plain


def _is_accent(letter: str) -> bool:
    """Whether it is a mark that people leave out. Those that tell letters of Indian and Japanese scripts apart stay."""
    return unicodedata.combining(letter) not in (0, 7, 8, 9)


def _words(plain: str) -> list[str]:
    if plain.isascii():
        return _ASCII_WORD.findall(plain)
    return "".join(
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in plain
    ).split()


def _joined_initials(words: list[str]) -> list[str]:
    """Words with initials as one: "l a confidential" (of "L.A.") is "la confidential"."""
    joined: list[str] = []
    initial_before = False
    for word in words:
        is_initial = len(word) == 1 and word.isalpha()
        if is_initial and initial_before:
            joined[-1] += word
        else:
            joined.append(word)
        initial_before = is_initial
    return joined
