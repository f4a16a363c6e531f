"""What is read out of an article's text, categories and wikitext."""

from __future__ import annotations

import bz2
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviesearch.sources.wikipedia.api.client import NoPage, Page
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss, find
from moviesearch.sources.wikipedia.article.categories import facts, first_sentence, is_disambiguation
from moviesearch.sources.wikipedia.article.infobox import Site, film_record, may_be_film
from moviesearch.sources.wikipedia.article.naming import plain_title
from moviesearch.sources.wikipedia.article.sections import clean, is_plot_title, plot_of, sections
from moviesearch.sources.wikipedia.article.wikitext import bare, plain
from moviesearch.sources.wikipedia.dump.bzip2 import DamagedBzip2Error, blocks


@pytest.mark.parametrize(
    ("text", "plot"),
    [
        ("Lead.\n\n\n== Plot ==\nA.\nB.\n\n\n== Cast ==\nC.", "A.\nB."),
        ("== Plot ==\nA.", "A."),
        ("\n== PLOT: ==\nA.", "A."),
        ("== Plot ==\n\n\n=== One ===\nA.\n\n\n==== Two ====\nB.\n\n\n== Cast ==\nC.", "A.\nB."),
        ("== Plot ==\n==== Deep ====\nA.\n=== Less ===\nB.\n== Cast ==", "A.\nB."),
        ("=== Plot ===\nA.\n\n== Cast ==\nC.", "A."),
        ("== Sequel ==\n=== Plot ===\nNo.\n== Synopsis ==\nA.", "A."),
        ("== Premise ==\nShort.\n== Plot ==\nA.", "A."),
        ("== Plot ==\n\n== Synopsis ==\nA.", "A."),
        ("== Plot ==\nA.\n== Cast ==\nC.\n== Plot ==\nB.", "A.\nB."),
        ("Lead only.", ""),
        ("== Plot ==\n\n== Cast ==\nC.", ""),
        ("== Plot twists ==\nNo.", ""),
    ],
)
def test_the_plot_of_an_article(text: str, plot: str) -> None:
    cleaned, reason = plot_of(sections(text))
    assert cleaned == plot
    assert bool(reason) is not bool(plot)


@pytest.mark.parametrize(
    ("title", "counts"),
    [
        ("Plot", True), ("The plot:", True), ("Plot details", True), ("Plotline", True), ("Plot line", True),
        ("Film plot", True), ("The film's plot", True), ("Plot of the film", True), ("Plot (1950 film)", True),
        ("Plot summary", True), ("Brief synopsis", True), ("Full Plot Summary", True), ("Plot / Synopsis", True),
        ("Story & plot", True), ("Story-line", True), ("1. Plot", True), ("Plot (contains spoilers)", True),
        ("\u200bPlot\u00a0\u2009summary\u200e", True), ("“Plot”", True), ("Plot [1]", True), ("Premise", True),
        ("Plot (novel)", False), ("Plot of the novel", False), ("Plot twists", False), ("Plot holes", False),
        ("Film adaptation", False), ("Story behind the film", False), ("Plot and cast", False), ("Film", False),
    ],
)  # fmt: skip
def test_titles_of_plot_sections(title: str, counts: bool) -> None:
    assert is_plot_title(title) is counts


def test_the_films_own_plot_comes_before_that_of_what_it_is_made_of() -> None:
    assert plot_of(sections("== Plot ==\nThe novel's.\n== Film plot ==\nIts own.\n")) == ("Its own.", "")
    assert plot_of(sections("== Plot details ==\nMore.\n== Plot ==\nShe leaves.\n")) == ("She leaves.", "")


@pytest.mark.parametrize("plot", ["TBA", "To be added.", "N/A", "...", "Coming soon"])
def test_a_plot_that_says_nothing_is_none(plot: str) -> None:
    assert plot_of(sections(f"== Plot ==\n{plot}\n")) == ("", f"its plot says nothing: {plot!r}")


@pytest.mark.parametrize(
    ("left", "clean_text"),
    [
        ("He goes[1][note 2] home.[citation needed]", "He goes home."),
        ("Ran (, ) dies ( ; ).", "Ran dies."),
        ("Two\u00a0words,\u200b  three .", "Two words, three."),
        ("A .38 and ... more", "A .38 and ... more"),
        ("x {\\displaystyle x^{2}} y", "x y"),
        ("one\n\n\n  two  \n", "one\ntwo"),
        ("A [sic] word, a [door] stays.", "A word, a [door] stays."),
    ],
)
def test_leftovers_are_taken_out(left: str, clean_text: str) -> None:
    assert clean(left) == clean_text


@given(st.text())
def test_cleaning_and_cutting_take_any_text(text: str) -> None:
    assert "".join(part.text for part in sections(text)) is not None
    assert "\n\n" not in clean(text)


@pytest.mark.parametrize(
    ("categories", "lead", "is_film", "years"),
    [
        (["2006 films", "Films directed by A"], "", True, (2006,)),
        (["Category:2006 crime drama films"], "", True, (2006,)),
        (["1969 American novels", "American novels adapted into films"], "It is a 1969 novel.", False, ()),
        (["Film series introduced in 1999", "American film series"], "It is a film series.", False, ()),
        (["Lists of 2006 films"], "This is a list of films.", False, ()),
        ([], "Ran is a 1985 epic action film directed by Akira Kurosawa.", True, (1985,)),
        ([], "M is a 1931 German mystery suspense thriller film.", True, (1931,)),
        ([], "Laura is a 1944 American film noir.", True, (1944,)),
        ([], "Dune (also known as Dune: Part One) is a 2021 American film.", True, (2021,)),
        ([], "John is an American film director. He made a 1999 film.", False, ()),
        ([], "Heat is the soundtrack of the 1995 film.", False, ()),
        ([], "Kong is a fictional monster in a 1933 film.", False, ()),
        ([], "It is a 2004 novel by X, adapted as a film.", False, ()),
        (["1999 films"], "It is a 1984 novel by X.", False, (1999,)),
        (["1999 films", "1984 American novels"], "X wrote it.", False, (1999,)),
        (["1999 films", "Horror films based on short stories"], "X made it.", True, (1999,)),
        (["1999 films", "Television shows based on novels"], "X made it.", True, (1999,)),
        (["1998 films", "1999 films"], "", True, (1998, 1999)),
        ([], "", False, ()),
    ],
)
def test_a_film_is_told_from_what_is_not(
    categories: list[str], lead: str, is_film: bool, years: tuple[int, ...]
) -> None:
    page_facts = facts(categories, lead)
    assert (page_facts.is_film, page_facts.years) == (is_film, years)


def test_genres_countries_languages_and_directors_of_categories() -> None:
    category_facts = facts(
        ["1990s American crime comedy films", "South Korean science fiction films", "1995 films", "Films set in Rome",
         "1990s English-language films", "Films directed by Ada Rowe", "American romantic comedy films",
         "Films about dogs", "British independent films", "2000s films"], "",
    )  # fmt: skip
    assert category_facts.genres == ("crime", "comedy", "romantic comedy", "independent", "science fiction")
    assert category_facts.countries == ("United States", "United Kingdom", "South Korea")
    assert category_facts.languages == ("English",)
    assert category_facts.directors == ("Ada Rowe",)


def test_first_sentences_and_disambiguations() -> None:
    assert first_sentence("Dr. No is a film by J. J. Abrams Jr. from 1962. It is good.\nMore.").endswith("from 1962.")
    assert is_disambiguation(["Disambiguation pages"], "")
    assert is_disambiguation([], "Twice may refer to:\n\nTwice (film)")
    assert not is_disambiguation(["1998 films"], "Twice is a film. The title may refer to love.")
    assert plain_title("Twice (1950 American film)") == "Twice"
    assert plain_title("Film (band)") == "Film (band)"


@dataclass
class Shelf:
    """Pages by title, as a wiki gives them."""

    pages: Mapping[str, Page]

    def page(self, title: str) -> Page | NoPage:
        return self.pages.get(title) or NoPage(title, f"there is no page {title!r}", missing=True)


def page(title: str, year: int, text: str = "") -> Page:
    text = text or f"It is a {year} film.\n\n\n== Plot ==\nOf {year}."
    return Page(title, year, 1, f"https://wiki.test/{title}", text, (f"{year} films",) if year else (), False)


def test_the_exact_year_wins_over_its_neighbour() -> None:
    shelf = Shelf({title: page(title, year) for title, year in (("X", 2005), ("X (2006 film)", 2006))})
    exact = find(ListedFilm("X", 2006), shelf)
    assert isinstance(exact, FilmPage)
    assert exact.plot == "Of 2006."
    for year, plot in ((2004, "Of 2005."), (2007, "Of 2006.")):
        near = find(ListedFilm("X", year), shelf)
        assert isinstance(near, FilmPage)
        assert near.plot == plot
    far = find(ListedFilm("X", 1990), shelf)
    assert isinstance(far, Miss)
    assert far.reason == "'X' is a film of 2005, not of 1990"


def test_a_film_is_found_under_its_original_title_and_without_a_year() -> None:
    shelf = Shelf({"La Cité (film)": page("La Cité (film)", 1995)})
    assert isinstance(find(ListedFilm("The City", 1995, other_title="La Cité"), shelf), FilmPage)
    assert isinstance(find(ListedFilm("La Cité"), shelf), FilmPage)


def test_a_page_of_an_unknown_year_is_not_guessed_to_be_the_film() -> None:
    shelf = Shelf({"X": page("X", 0, "X is a film by Y.\n\n\n== Plot ==\nA.")})
    miss = find(ListedFilm("X", 2000), shelf)
    assert isinstance(miss, Miss)
    assert "doesn't tell its year" in miss.reason


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("''A'' '''b''' [[c|d]] [[e]] [http://f g] &amp; &mdash;", "A b d e g & —"),
        ("A<ref name=x>no</ref> b<ref name=y /> c<!-- no -->.", "A b c."),
        ("{{lang|fr|Été}} {{nowrap|a b}}{{snd}}c{{efn|no}} {{'}}", "Été a b – c '"),
        ("* a\n* ''b''\n# c\n: d", " a\n b\n c\n d"),
        ("a\n{|\n| no\n{|\n| no\n|}\n|}\nb", "a\n\nb"),
        ("[[File:A.jpg|thumb|no [[link]]]]a[[Category:no]][[:Category:B]][[fr:no]]", "aCategory:B"),
        ("a<br />b <small>c</small> <div>no</div>", "a\nb c "),
        ("{{plainlist|\n* a\n* b}}", "\n a\n b"),
        ("{{ubl|a|[[b]]}}", "a\nb"),
        ("<blockquote>a</blockquote><poem>\nb\n</poem>", "a\nb\n"),
        ("<nowiki>[[a]]</nowiki> <code>b</code> H<sub>2</sub>O &lt;t&gt; [https://x.y]", "[[a]] b H2O <t> "),
        ("'''''a''''' and ''b\nc's", "a and b\nc's"),
        ("{{convert|5|mi|km}} {{circa|1900}}", "5 mi c. 1900"),
    ],
)
def test_wikitext_becomes_text(wikitext: str, text: str) -> None:
    assert plain(bare(wikitext)) == text


@given(st.text(alphabet="[]{}|=*#:;'<>/!-\n abrefdivFile", max_size=80))
def test_any_wikitext_is_read(wikitext: str) -> None:
    plain(bare(wikitext))
    film_record("T", 1, 1, "{{Infobox film|name=x}}" + wikitext + "\n== Plot ==\n" + wikitext, Site("enwiki", "/"))


@pytest.mark.parametrize("mark", ["{{a|", "{{{a|", "[[a|", "<a ", "<a b='", "<b>", "{{a|<b>"])
def test_marks_that_nobody_closes_are_words(mark: str) -> None:
    """A page full of them would take the parser hours."""
    assert plain(mark * 3000 + "He [[go|goes]] home.") == mark * 3000 + "He goes home."


def test_an_infobox_in_full() -> None:
    record, reason = film_record(
        "Nine Doors (1999 film)",
        7,
        8,
        "{{Short description|no}}\n{{ infobox_Film <!-- no -->\n| name = 9 Doors\n| director = {{ubl|[[A B|Ada]]|Ben}}"
        "<ref>{{cite|x}}</ref>\n| released = {{Film date|df=y|1999|9|3|[[Venice]]|2000|1|2}}\n| country = US / France\n"
        "| language = {{hlist|English|French}}\n| genre = [[Horror]]\n}}\nIt is.\n== ''Plot'' ==\n{{main|x}}\n"
        "A [[door|gate]].\n"
        "=== Later ===\nB.\n== External links ==\n* {{IMDb title|142688}}\n[[Category:1999 thriller films|Nine]]",
        Site("enwiki", "https://en.wikipedia.org/wiki/"),
    )
    assert not reason
    assert record == {
        "id": "enwiki-7",
        "title": "Nine Doors",
        "year": 1999,
        "genres": ["horror", "thriller"],
        "url": "https://en.wikipedia.org/wiki/Nine_Doors_(1999_film)",
        "plot": "A gate.\nB.",
        "director": "Ada, Ben",
        "country": "US, France",
        "language": "English, French",
        "wikipedia_title": "Nine Doors (1999 film)",
        "wikipedia_page_id": 7,
        "wikipedia_revision_id": 8,
        "imdb_id": "tt0142688",
        "licence": "CC BY-SA 4.0",
    }


def test_no_film_infobox_no_record() -> None:
    for text in ("{{Infobox book}}", "{{Infobox film awards|x=y}}", "{{infobox film festival}}"):
        assert film_record("T", 1, 1, f"{text}\n== Plot ==\nA.", Site("enwiki", "/")) == ({}, "it has no film infobox")
    assert film_record("T", 1, 1, "{{Infobox film}}\nLead.", Site("enwiki", "/"))[1] == "it has no plot section"


FILM_BOX = "{{Infobox film\n| name = It\n| released = {{Film date|1999}}\n}}\n"
BOOK_BOX = "{{Infobox book\n| name = It\n}}\n"
PLOT = "== Plot ==\nShe leaves.\n"


@pytest.mark.parametrize(
    "wikitext",
    [
        FILM_BOX + PLOT,
        f"'''It''' is odd.\n{FILM_BOX}{PLOT}",
        f"{{{{Infobox Chinese\n| c = 它\n}}}}\n{FILM_BOX}{PLOT}",
        f"{FILM_BOX}{BOOK_BOX}{PLOT}",
        f"{PLOT}{FILM_BOX}",
        f"'''It''' is a 1931 silent film by Ada Rowe.\n{PLOT}[[Category:1931 films]]",
        f"{{{{Infobox television}}}}\n'''It''' is short.\n{PLOT}[[Category:1988 television films]]",
    ],
)
def test_an_article_of_a_film(wikitext: str) -> None:
    assert may_be_film(wikitext.encode())
    record, reason = film_record("It", 1, 1, wikitext, Site("enwiki", "/"))
    assert (record.get("plot"), reason) == ("She leaves.", "")


@pytest.mark.parametrize(
    ("wikitext", "why_not"),
    [
        (f"{BOOK_BOX}'''It''' is a novel.\n{PLOT}== Film adaptation ==\n{FILM_BOX}", "{{Infobox book}} comes before"),
        (f"{BOOK_BOX}'''It''' is a novel.\n{FILM_BOX}{PLOT}", "{{Infobox book}} comes before"),
        (f"{BOOK_BOX}It sold.\n{PLOT}== Film ==\n{FILM_BOX}[[Category:1999 films]]", "{{Infobox book}} comes before"),
        (f"'''It''' is a novel.\n{PLOT}== Film ==\n{FILM_BOX}[[Category:1999 films]]", "in a section of its own"),
        (f"'''It''' is a novel by Ada.\n{PLOT}[[Category:1999 films]]", "It is a novel by Ada."),
        (f"{{{{Infobox person}}}}\nAda is a judge.\n{PLOT}== It ==\n{FILM_BOX}", "{{Infobox person}} comes before"),
    ],
)
def test_an_article_of_something_else_with_a_film_in_it_doesnt_give_its_own_plot(wikitext: str, why_not: str) -> None:
    assert may_be_film(wikitext.encode())
    record, reason = film_record("It", 1, 1, wikitext, Site("enwiki", "/"))
    assert not record
    assert reason.startswith("it is of something else: ")
    assert why_not in reason


@pytest.mark.parametrize(
    "heading",
    [
        "== {{anchor|Plot}}Plot ==", "== Plot {{anchor|Story}} ==", "== Plot == {{anchor|Story}}",
        "{{anchor|Story}}== Plot ==", "== <span id='Story'></span>Plot ==", "== [[Plot]] ==",
        "== <span class='anchor' id='Story'>Plot</span> ==", "== [[Plot (narrative)|Plot]] ==",
        "== Plot <!-- short! --> ==", "<!-- short! -->== Plot == <!-- short! -->", "==&nbsp;Plot&nbsp;==",
        "==\u00a0Plot\u00a0==\u00a0", "==\u2009Plot\u202f==", "== {{nbsp}}Plot{{thin space}} ==", "== '''Plot''' ==",
        "== ''Plot'' ==", "== <big>'''Plot'''</big> ==", "== {{visible anchor|Plot}} ==", "== Plot<ref>A.</ref> ==",
        "== Plot{{efn|A note.}} ==", "<h2 id='Story'>Plot</h2>", "== Plot&nbsp;summary ==", "== Plot<br /> ==",
    ],
)  # fmt: skip
def test_a_heading_counts_as_a_reader_sees_it(heading: str) -> None:
    wikitext = f"{FILM_BOX}{heading}\nShe leaves.\n== Cast ==\nAda"
    record, reason = film_record("It", 1, 1, wikitext, Site("enwiki", "/"))
    assert (record.get("plot"), reason) == ("She leaves.", "")


def test_bzip2_is_read_from_anywhere() -> None:
    chance = random.Random(2)
    text = bytes(chance.choices(b"the quick brown fox <page>", k=700_000))
    packed = bz2.compress(text, 1) + bz2.compress(text[::-1], 2) + bz2.compress(b"")
    whole = list(blocks(io.BytesIO(packed)))
    assert b"".join(xml for _, xml in whole) == text + text[::-1]
    for start in [1, 4, len(packed) // 2, *(offset for offset, _ in whole), whole[3][0] + 1, len(packed) - 5]:
        assert list(blocks(io.BytesIO(packed), start)) == [block for block in whole if block[0] >= start]
    for end in (len(packed) // 3, whole[-1][0] + 100):
        with pytest.raises(DamagedBzip2Error):
            list(blocks(io.BytesIO(packed[:end])))
    broken = bytearray(packed)
    broken[whole[2][0] + 50] ^= 255
    with pytest.raises(DamagedBzip2Error):
        list(blocks(io.BytesIO(bytes(broken))))
