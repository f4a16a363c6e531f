"""Films as the Wikipedias of other languages tell them: by categories, leads, headings, titles and boxes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from moviesearch.cli.fetch import fetch
from moviesearch.errors import UsageError
from moviesearch.sources.wikipedia.api.client import NoPage, Page
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss, find
from moviesearch.sources.wikipedia.article.categories import facts, is_disambiguation
from moviesearch.sources.wikipedia.article.infobox import Site, film_record, may_be_film
from moviesearch.sources.wikipedia.article.languages import WORDS, words_of
from moviesearch.sources.wikipedia.article.naming import plain_title
from moviesearch.sources.wikipedia.article.sections import plot_of, sections


@dataclass(frozen=True)
class Article:
    """A film's article: what is read from its lead and categories, and the wikitext of its film box."""

    title: str
    name: str
    lead: str
    categories: tuple[str, ...]
    year: int
    genres: set[str]
    countries: set[str]
    heading: str
    box: str
    director: str
    original: str


FILMS = {
    "de": Article(
        "Der Nebel (2000)", "Der Nebel",
        "Der Nebel (Originaltitel: The Fog Bank) ist ein US-amerikanischer Thriller aus dem Jahr 2000. Er lief lange.",
        ("Filmtitel 2000", "US-amerikanischer Film", "Britischer Film", "Thriller", "Filmdrama", "Nebel"), 2000,
        {"thriller", "drama"}, {"United States", "United Kingdom"}, "Handlung",
        "{{Infobox Film\n| DT = Der Nebel\n| OT = The Fog Bank\n| PL = [[Vereinigte Staaten]]\n| OS = Englisch\n"
        "| PJ = 2000\n| REG = [[Ada Rowe]]\n}}", "Ada Rowe", "The Fog Bank",
    ),
    "fr": Article(
        "La Brume (film, 2001)", "La Brume",
        "La Brume est une comédie dramatique franco-italienne d'Ada Rowe, sortie en 2001. Elle a plu.",
        ("Film français sorti en 2001", "Film italien sorti en 2001", "Comédie dramatique française",
         "Film de science-fiction italien", "Film se déroulant à Paris"), 2001,
        {"comedy", "drama", "science fiction"}, {"France", "Italy"}, "Synopsis",
        "{{Infobox Cinéma (film)\n | titre = La Brume\n | titre original = The Mist\n | réalisation = [[Ada Rowe]]\n"
        " | pays = {{France}}\n | année de sortie = 2001\n}}", "Ada Rowe", "The Mist",
    ),
    "es": Article(
        "La niebla (película de 2014)", "La niebla",
        "La niebla es una película de suspenso argentino-española de 2014 basada en la novela homónima. Gustó.",
        ("Películas de 2014", "Películas de Argentina", "Películas de España", "Películas de suspenso",
         "Películas basadas en novelas"), 2014, {"thriller"}, {"Argentina", "Spain"}, "Argumento",
        "{{Ficha de película\n| título = La niebla\n| título original = The Mist\n| dirección = [[Ada Rowe]]\n"
        "| año = 2014\n| país = Argentina<br />España\n}}", "Ada Rowe", "The Mist",
    ),
    "it": Article(
        "La nebbia (film 1997)", "La nebbia",
        "La nebbia è bella è un film del 1997 diretto da Ada Rowe, tratto dal romanzo omonimo. Vinse un premio.",
        ("Film italiani del 1997", "Film statunitensi del 1997", "Film drammatici", "Film horror"), 1997,
        {"drama", "horror"}, {"Italy", "United States"}, "Trama",
        "{{Film\n|titoloitaliano = La nebbia\n|titolooriginale = The Mist\n|paese = [[Italia]]\n"
        "|annouscita = [[1997]]\n|regista = [[Ada Rowe]]\n}}", "Ada Rowe", "The Mist",
    ),
    "ja": Article(
        "霧 (2001年の映画)", "霧",
        "『霧は。』(きりは、原題: The Mist)は、2001年の日本のドラマ映画。監督はエイダ・ロウ。",
        ("2001年の映画", "日本のドラマ映画", "フランスのホラー映画", "霧を題材とした作品"), 2001,
        {"drama", "horror"}, {"Japan", "France"}, "あらすじ",
        "{{Infobox Film\n| 作品名 = 霧\n| 原題 = The Mist\n| 監督 = [[エイダ・ロウ]]\n| 公開 = [[2001年]]7月20日\n}}",
        "エイダ・ロウ", "The Mist",
    ),
}  # fmt: skip

PLOT = "Nora geht in den Nebel und kommt nicht wieder."
LANGUAGES = sorted(FILMS)


def test_the_languages_to_choose_from_are_those_that_have_words() -> None:
    [language] = [option for option in fetch.params if option.name == "language"]
    assert list(language.type.choices) == list(WORDS)  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="'xx' can't be told here, only of en, simple, de"):
        words_of("xx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_film_is_known_by_its_lead_and_categories(language: str) -> None:
    article, words = FILMS[language], words_of(language)
    found = facts(article.categories, article.lead, words)
    assert (found.is_film, found.years) == (True, (article.year,))
    assert (set(found.genres), set(found.countries)) == (article.genres, article.countries)
    assert plain_title(article.title, words) == article.name
    # Without a category of its year the first sentence tells, and the other way round.
    assert facts(article.categories, "", words).years == (article.year,)


@pytest.mark.parametrize(
    ("language", "lead"),
    [
        ("de", "Der Nebel ist ein Roman von Ada Rowe, der zweimal als Spielfilm verfilmt wurde."),
        ("de", "Der Nebel ist eine Filmreihe."),
        ("fr", "La Brume est un roman d'Ada Rowe, adapté en film en 2001."),
        ("fr", "La Brume est une pièce de théâtre dont on a tiré un film."),
        ("es", "La niebla es una novela de Ada Rowe, llevada al cine en la película de 2014."),
        ("it", "La nebbia è un romanzo di Ada Rowe, da cui è tratto un film."),
        ("ja", "『霧』は、エイダ・ロウの小説。2001年に映画化された。"),
        ("ja", "『霧』は、映画化されたエイダ・ロウの小説。"),
    ],
)
def test_what_was_only_filmed_is_no_film(language: str, lead: str) -> None:
    assert not facts(FILMS[language].categories, lead, words_of(language)).is_film


@pytest.mark.parametrize(
    ("language", "lead", "year"),
    [
        ("de", "Nebel ist ein deutscher Spielfilm von 1954.", 1954),
        ("fr", "Brume est un film français réalisé par Ada Rowe, sorti en 1954.", 1954),
        ("es", "Niebla es un cortometraje mexicano de 1954 dirigido por Ada Rowe.", 1954),
        ("it", "Nebbia è un film muto del 1924.", 1924),
        ("ja", "『霧』は、1954年の日本映画。", 1954),
        ("ja", "『霧』は、エイダ・ロウの同名小説を原作とする1954年の日本映画。", 1954),
    ],
)
def test_without_categories_the_first_sentence_tells(language: str, lead: str, year: int) -> None:
    found = facts((), lead, words_of(language))
    assert (found.is_film, found.years) == (True, (year,))


@pytest.mark.parametrize(
    ("language", "headings", "plot"),
    [
        ("de", ("Handlung",), True), ("de", ("Inhalt",), True), ("de", ("Handlungsorte",), False),
        ("de", ("Handlung und Kritik",), False), ("de", ("Plot",), True), ("de", ("Geschichte",), False),
        ("fr", ("Synopsis",), True), ("fr", ("Résumé",), True), ("fr", ("Résumé des épisodes",), False),
        ("es", ("Argumento",), True), ("es", ("Sinopsis",), True), ("es", ("Producción",), False),
        ("it", ("Trama",), True), ("it", ("La trama",), True), ("it", ("Cast",), False),
        ("ja", ("あらすじ",), True), ("ja", ("ストーリー",), True), ("ja", ("キャスト",), False),
        ("de", ("Synopsis",), True), ("es", ("Plot",), False),
    ],
)  # fmt: skip
def test_the_headings_of_plots(language: str, headings: tuple[str, ...], plot: bool) -> None:
    text = "".join(f"== {heading} ==\n{PLOT}\n" for heading in headings)
    assert plot_of(sections(text), words_of(language))[0] == (PLOT if plot else "")


def test_the_longer_of_two_plots_is_the_better_one() -> None:
    text = "== Synopsis ==\nUne femme.\n== Résumé détaillé ==\nUne femme sort et revient."
    assert plot_of(sections(text), words_of("fr"))[0] == "Une femme sort et revient."


class PagesOf:
    """A wiki of a few pages."""

    def __init__(self, *pages: Page) -> None:
        self._pages = {page.title: page for page in pages}
        self.asked: list[str] = []

    def page(self, title: str) -> Page | NoPage:
        self.asked.append(title)
        return self._pages.get(title) or NoPage(title, "no page", missing=True)

    def with_imdb_id(self, imdb_id: str) -> list[str]:
        return []


def _page(article: Article, english: str = "") -> Page:
    text = f"{article.lead}\n\n== {article.heading} ==\n{PLOT}\n"
    return Page(article.title, 7, 8, "https://wiki.test/7", text, article.categories, False, english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_films_page_is_found_under_the_usual_title(language: str) -> None:
    article = FILMS[language]
    found = find(ListedFilm(article.name, article.year), PagesOf(_page(article, "The Mist (film)")), words_of(language))
    assert isinstance(found, FilmPage)
    record = found.record(f"{language}wiki")
    assert (record["id"], record["title"], record["year"]) == (f"{language}wiki-7", article.name, article.year)
    assert (record["plot"], record["also"]) == (PLOT, ["The Mist"])
    missed = find(ListedFilm(article.name, article.year + 5), PagesOf(_page(article)), words_of(language))
    assert isinstance(missed, Miss)


@pytest.mark.parametrize(
    ("language", "category", "lines"),
    [
        ("de", "Begriffsklärung", "Nebel steht für:\nNebel (1980), Film\nNebel (2000), Film von Ada Rowe"),
        ("fr", "Homonymie", "Nebel peut désigner :\nNebel (film, 1980)\nNebel (film, 2000), film d'Ada Rowe"),
        ("es", "Wikipedia:Desambiguación", "Nebel:\nNebel (película de 1980)\nNebel (película de 2000), de Ada Rowe"),
        ("it", "Pagine di disambiguazione", "Nebel:\nNebel (film 1980)\nNebel (film 2000), film di Ada Rowe"),
        ("ja", "曖昧さ回避", "Nebel\nNebel (1980年の映画)\nNebel (2000年の映画) - 映画"),
    ],
)
def test_a_disambiguation_tells_which_films_there_are(language: str, category: str, lines: str) -> None:
    words = words_of(language)
    assert is_disambiguation((category,), "", words)
    start = Page("Nebel", 1, 2, "https://wiki.test/1", lines, (category,), False)
    shared = find(ListedFilm("Nebel"), PagesOf(start), words)
    assert isinstance(shared, Miss)
    assert "is the title of several films, so that a year is needed" in shared.reason
    pages = PagesOf(start)
    find(ListedFilm("Nebel", 2000), pages, words)
    assert not any("1980" in title for title in pages.asked)
    assert any("2000" in title for title in pages.asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dump_gives_the_film_of_its_box(language: str) -> None:
    article, words = FILMS[language], words_of(language)
    links = "".join(f"[[{words.category.split('|')[0]}:{name}]]\n" for name in article.categories)
    text = f"{article.box}\n'''{article.name}''' {article.lead}\n\n== {article.heading} ==\n{PLOT}\n\n{links}"
    assert may_be_film(text.encode(), words)
    record, reason = film_record(article.title, 7, 8, text, Site(f"{language}wiki", "https://wiki.test/"))
    assert not reason
    assert (record["title"], record["year"], record["plot"]) == (article.name, article.year, PLOT)
    assert (record["director"], record["also"]) == (article.director, [article.original])
    assert set(str(record["country"]).split(", ")) == article.countries
    assert set(record["genres"]) == article.genres  # type: ignore[call-overload]
    assert not may_be_film(b"{{Infobox Fluss}}", words)


def test_pictures_and_categories_of_any_language_show_no_words() -> None:
    text = FILMS["de"].box + "\n== Handlung ==\n[[Datei:Nebel.jpg|mini|Der Nebel]]" + PLOT + "[[Kategorie:Nebel]]"
    record, _ = film_record("Der Nebel", 7, 8, text, Site("dewiki", "https://wiki.test/"))
    assert record["plot"] == PLOT
