"""An article's wikitext -> the film's record. Pure functions."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import mwparserfromhell

from .categories import facts
from .languages import ENGLISH, WORDS, Words, words_of_site
from .naming import LICENCE, plain_title
from .sections import Section, clean, is_plot_title, plot_of, sections
from .wikitext import bare, closed, plain

_CATEGORY_XML = re.compile(rb"\[\[\s*category\s*:\s*(?:18|19|20)\d\d [^\]|\n]{0,60}?films\s*[\]|]", re.IGNORECASE)

_ANY_BOX = re.compile(
    r"\{\{\s*(?:template:|vorlage:|modèle:|plantilla:)?\s*"
    r"((?:infobox[ _]+[^|{}\n]+|ficha[ _]+de[ _]+[^|{}\n]+|基礎情報[ _]+[^|{}\n]+|film(?:[ _]+infobox|\s*(?=[|\n]))))",
    re.IGNORECASE,
)
_BOX_OF_NAMES = re.compile(
    r"infobox (?:chinese|korean|hangul|japanese|east asian|hanyu|transliteration|name)\b", re.IGNORECASE
)
_BOX_OF_FILMS_TOO = re.compile(r"infobox (?:television|tv|animanga|film|movie|short film)", re.IGNORECASE)
_MARKUP = re.compile(r"[][{}<>&\']")
_BRACES = re.compile(r"\{\{|\}\}")
_PAGE_NAME = re.compile(r"\{\{\s*(?:full|base|sub)?pagenamee?\s*\}\}", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(18[89]\d|19\d\d|20\d\d)(?!\d)")
_IMDB = re.compile(r"\{\{\s*IMDb (?:title|movie)\s*\|\s*(?:id\s*=\s*|1\s*=\s*)?(?:tt)?(\d{5,9})", re.IGNORECASE)
_SEPARATORS = re.compile(r"\n|,\s|;\s|\s/\s|\s•\s")
_NAME_SEPARATORS = re.compile(r"\n|\s•\s")


@dataclass(frozen=True, slots=True)
class Site:
    """The wiki that a dump is of: its name, such as "enwiki", and what its articles' addresses begin with."""

    name: str
    base: str

    @property
    def words(self) -> Words:
        """The words of its language."""
        return words_of_site(self.name)

    def url(self, title: str) -> str:
        """Return the address of an article."""
        return self.base + urllib.parse.quote(title.replace(" ", "_"), safe="/:@!$()*,;~")


@dataclass(frozen=True, slots=True)
class _Marks:
    """What tells of films in wikitext, and in a page's XML, in one language."""

    box: re.Pattern[str]
    box_xml: re.Pattern[bytes]
    category: re.Pattern[str]


@cache
def _marks(language: str) -> _Marks:
    words = WORDS[language]
    box = r"\{\{\s*(?:template:|vorlage:|modèle:|plantilla:)?\s*(?:" + words.box + r")\s*"
    return _Marks(
        re.compile(box + r"(?=\||\}\})", re.IGNORECASE),
        re.compile((box + r"(?:\||\}\}|&lt;!--)").encode(), re.IGNORECASE),
        re.compile(r"\[\[\s*(?:" + words.category + r")\s*:\s*([^\]|]+)", re.IGNORECASE),
    )


def may_be_film(xml: bytes, words: Words = ENGLISH) -> bool:
    """Tell from a page's XML, before anything is parsed, whether `film_record` need look at it."""
    if _marks(words.language).box_xml.search(xml):
        return True
    if not words.is_english:
        return False
    # Categories are at the end, and looking for the word alone is ten times as fast as for all that must be around it.
    categories = xml.find(b"ategory")
    return categories >= 0 and bool(_CATEGORY_XML.search(xml, max(0, categories - 8)))


def film_record(
    title: str, page_id: int, revision_id: int | None, wikitext: str, site: Site
) -> tuple[dict[str, object], str]:
    """Return the film's record and "", or an empty record and the reason why there is none.

    An article is a film's whose lead has a film infobox, not below another thing's, or whose first sentence and
    categories say so. Before the colon of a reason stands its kind, which many articles share.

    Director, country, language and year come from the infobox; from the categories where the infobox has none. Genres
    come from both.
    """
    words = site.words
    names = words.fields
    text = _PAGE_NAME.sub(lambda name: title, bare(wikitext))
    categories = _marks(words.language).category.findall(text)
    article = sections(text)
    fields, reason = _own_fields(text, article[0].text, categories, words)
    if fields is None:
        return {}, reason
    plot, reason = plot_of(_plain_sections(article, words), words)
    if not plot:
        return {}, reason
    category_facts = facts(categories, "", words)
    genres = [genre.casefold() for genre in _values(fields, _SEPARATORS, *names["genre"])] if words.is_english else []
    directors = _values(fields, _NAME_SEPARATORS, *names["director"]) or category_facts.directors
    countries = (_values(fields, _SEPARATORS, *names["country"]), category_facts.countries)
    plain_name = plain_title(title, words)
    original = [name for name in _values(fields, _NAME_SEPARATORS, *names.get("original", ())) if name != plain_name]
    record: dict[str, object] = {
        "id": f"{site.name}-{page_id}",
        "title": plain_name,
        "also": original[:1],
        "year": _year(fields, words) or next(iter(category_facts.years), None),
        "genres": list(dict.fromkeys([*genres, *category_facts.genres])),
        "url": site.url(title),
        "plot": plot,
        "director": ", ".join(directors),
        "country": ", ".join(next(filter(None, countries if words.is_english else countries[::-1]), ())),
        "language": ", ".join(_values(fields, _SEPARATORS, *names["language"]) or category_facts.languages),
        "wikipedia_title": title,
        "wikipedia_page_id": page_id,
        "wikipedia_revision_id": revision_id,
        "imdb_id": f"tt{imdb[1].zfill(7)}" if (imdb := _IMDB.search(text)) else "",
        "licence": LICENCE,
    }
    return {name: value for name, value in record.items() if value not in ("", None, [])}, ""


def film_year(wikitext: str, words: Words = ENGLISH) -> int | None:
    """Return the year of an article's film, by its first film infobox or its categories; None where neither has it."""
    text, marks = bare(wikitext), _marks(words.language)
    box = marks.box.search(text)
    of_categories = facts(marks.category.findall(text), "", words).years
    return (_year(_fields(text, box), words) if box else None) or next(iter(of_categories), None)


def _own_fields(text: str, lead: str, categories: list[str], words: Words) -> tuple[dict[str, str] | None, str]:
    """Return the parameters of the film infobox of a film's article, none where it has no box; else None and why."""
    is_box = _marks(words.language).box
    film_box = is_box.search(text)
    boxes = (" ".join(box[1].replace("_", " ").split()) for box in _ANY_BOX.finditer(lead))
    first_box = next((box for box in boxes if not _BOX_OF_NAMES.match(box)), "")
    if film_box and (not lead or is_box.match("{{" + first_box + "|")):
        return _fields(text, film_box), ""
    lead = clean(plain(lead))
    page_facts = facts(categories if not first_box or _BOX_OF_FILMS_TOO.match(first_box) else (), lead, words)
    if page_facts.is_film:
        return {}, ""
    if film_box and first_box:
        return None, f"it is of something else: {{{{{first_box}}}}} comes before the film infobox"
    if film_box:
        return None, "it is of something else: the film infobox is in a section of its own"
    if facts(categories, "", words).years and page_facts.first_sentence:
        return None, f"it is of something else: {page_facts.first_sentence[:120]}"
    return None, "it has no film infobox"


def _plain_sections(article: Iterable[Section], words: Words) -> Iterator[Section]:
    """Yield an article's sections: those that may hold the plot as plain text, the others, unparsed, as empty."""
    outermost, in_plot = 7, False
    for section in article:
        title = " ".join(plain(section.title).split()) if _MARKUP.search(section.title) else section.title
        if section.level <= outermost:
            in_plot = is_plot_title(title, words)
            outermost = section.level or outermost
        yield Section(section.level, title, plain(section.text) if in_plot else "")


def _fields(text: str, start: re.Match[str]) -> dict[str, str]:
    """Return the parameters of the infobox that starts there, as wikitext."""
    depth, end = 0, len(text)
    for brace in _BRACES.finditer(text, start.start()):
        depth += 1 if brace[0] == "{{" else -1
        if depth == 0:
            end = brace.end()
            break
    templates = mwparserfromhell.parse(closed(text[start.start() : end])).filter_templates(recursive=False)
    if not templates:
        return {}
    return {str(param.name).strip().casefold(): str(param.value) for param in templates[0].params}


def _values(fields: dict[str, str], separators: re.Pattern[str], *names: str) -> list[str]:
    """Return the values of the first of these fields that has any."""
    for name in names:
        text = clean(plain(fields.get(name, "")))
        values = [value.strip(" ,;*") for value in separators.split(text)]
        if any(values):
            return list(dict.fromkeys(value for value in values if value))
    return []


def _year(fields: dict[str, str], words: Words) -> int | None:
    released = next((text for name in words.fields["released"] if (text := fields.get(name, "").strip())), "")
    return min(map(int, _YEAR.findall(released)), default=None)
