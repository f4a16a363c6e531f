"""The pages of the test wiki, and what a list of forty films must yield from them.

The articles are invented, in the forms that film articles take: templates, references, split plots, pages without a
lead, redirects and the pages they must not be mistaken for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEMPLATES = {
    "Template:Infobox film": "<table class='infobox'><tr><th>{{{name|}}}</th></tr><tr><td>{{{director|}}}</td></tr>"
    "<tr><td>{{{released|}}}</td></tr><tr><td>{{{country|}}}</td></tr></table>",
    "Template:Infobox book": "<table class='infobox'><tr><th>{{{name|}}}</th></tr></table>",
    "Template:Film date": "{{{1}}}-{{{2|}}}-{{{3|}}}",
    "Template:Plainlist": "<div class='plainlist'>\n{{{1}}}\n</div>",
    "Template:Ubl": "<div class='plainlist'><ul><li>{{{1}}}</li><li>{{{2|}}}</li></ul></div>",
    "Template:Short description": "<div class='noexcerpt' style='display:none'>{{{1}}}</div>",
    "Template:About": "<div role='note' class='hatnote'>This article is about {{{1}}}.</div>",
    "Template:Main": "<div role='note' class='hatnote'>Main article: [[{{{1}}}]]</div>",
    "Template:Nowrap": "<span class='nowrap'>{{{1}}}</span>",
    "Template:Lang": "<span lang='{{{1}}}'>''{{{2}}}''</span>",
    "Template:Citation needed": "<sup class='noprint'>[citation needed]</sup>",
    "Template:'": "'",
    "Template:Disambiguation": "<div class='dmbox'>This disambiguation page lists articles associated with the same "
    "title.</div>[[Category:Disambiguation pages]]",
}


def film(
    title: str,
    year: int,
    plot: str,
    *,
    lead: str | None = None,
    director: str = "Ada Rowe",
    country: str = "United States",
    language: str = "English",
    kinds: tuple[str, ...] = ("drama films", "American films"),
    rest: str = "== Cast ==\n* Nora Vale as herself\n\n== Reception ==\nThe film was received.\n",
    extra: str = "",
) -> str:
    """Return a film article; `plot` is wikitext and brings its own headings."""
    if lead is None:
        lead = f"'''''{title}''''' is a {year} American [[drama film]] directed by {director}.<ref>A book.</ref>\n"
    categories = "".join(f"[[Category:{kind}]]\n" for kind in (f"{year} films", f"{year} {kinds[0]}", *kinds[1:]))
    return (
        f"{{{{Infobox film\n| name = {title}\n| image = Poster.jpg\n| director = [[{director}]]\n"
        f"| released = {{{{Film date|{year}|5|17|[[Cannes]]}}}}\n| country = {country}\n| language = {language}\n"
        f"{extra}}}}}\n{lead}\n{plot}\n{rest}\n== References ==\n<references/>\n{categories}"
    )


def _plain(subject: str) -> str:
    return (
        f"{subject} leaves the village before dawn and does not say why. The road is longer than the map.\n\n"
        f"Years later {subject} comes home, and nobody is at the door."
    )


@dataclass(frozen=True, slots=True)
class Expected:
    """A film of the list: the page it must come from and its plot, or a word of the reason why it is a miss."""

    title: str
    year: int | None
    page: str | None = None
    plot: str | None = None
    miss: str | None = None


PAGES: dict[str, str] = dict(TEMPLATES)
WANTED: list[Expected] = []


def _add(title: str, year: int | None, page: str, text: str, plot: str) -> None:
    PAGES[page] = text
    WANTED.append(Expected(title, year, page, re.sub(r"\n+", "\n", plot)))


def _miss(title: str, year: int | None, reason: str) -> None:
    WANTED.append(Expected(title, year, miss=reason))


def _plot(text: str) -> str:
    return f"== Plot ==\n{text}\n"


# Plain articles, under each of the three usual titles.
for _number in range(1, 9):
    _name = f"The Quiet Road {_number}"
    _add(_name, 1990 + _number, _name, film(_name, 1990 + _number, _plot(_plain(f"Mara {_number}"))),
         _plain(f"Mara {_number}"))  # fmt: skip
_add("Lantern", 2006, "Lantern (2006 film)", film("Lantern", 2006, _plot(_plain("Lena"))), _plain("Lena"))
_add("Harbour", 1987, "Harbour (film)", film("Harbour", 1987, _plot(_plain("Hale"))), _plain("Hale"))
PAGES["Harbour"] = "A '''harbour''' is a sheltered body of water.\n\n== Plot ==\nA plot of land by the water.\n"
PAGES["Lantern"] = "A '''lantern''' is a source of lighting, often portable.\n[[Category:Light sources]]"

# A plot in parts, however deep, and a level that is skipped; markup that must not be left over.
_add(
    "Three Winters",
    2011,
    "Three Winters",
    film(
        "Three Winters",
        2011,
        "== Plot ==\nIt snows.<ref name='a'>Snow, 2011.</ref>\n\n=== First winter ===\nThe ''dog'' finds a "
        "[[glove|red glove]].\n\n==== The glove ====\nIt is [[Anna]]'s.\n\n===== Whose =====\nShe denies it."
        "{{Citation needed}}\n\n=== Second winter ===\n==== Thaw ====\nThe river opens &mdash; "
        "slowly.<!-- too slowly -->\n\n=== Third winter ===\nSnow again<ref>Again.</ref>, and then "
        "{{Nowrap|nothing at all}}.\n",
    ),
    "It snows.\n\nThe dog finds a red glove.\n\nIt is Anna's.\n\nShe denies it.\n\nThe river opens — slowly.\n\n"
    "Snow again, and then nothing at all.",
)
_add(
    "Skipped Level",
    1999,
    "Skipped Level",
    film("Skipped Level", 1999, "== Plot ==\n==== Deep ====\nOne goes down.\n==== Deeper ====\nOne stays.\n"
         "=== Back ===\nOne returns.\n"),
    "One goes down.\n\nOne stays.\n\nOne returns.",
)  # fmt: skip
_add("No Lead", 2001, "No Lead", film("No Lead", 2001, _plot(_plain("Nils")), lead=""), _plain("Nils"))
_add("Only Plot", 2002, "Only Plot", f"== Plot ==\n{_plain('Otto')}\n\n[[Category:2002 films]]", _plain("Otto"))
_add("Sequel First", 2003, "Sequel First",
     film("Sequel First", 2003, "== Sequel ==\n=== Plot ===\nThe wrong story.\n\n== Synopsis ==\nThe right story.\n"),
     "The right story.")  # fmt: skip
for _heading, _year in (("Plot summary", 1971), ("Synopsis", 1972), ("Story", 1973), ("Premise", 1974)):
    _name = f"Under {_heading}"
    _add(_name, _year, _name, film(_name, _year, f"== {_heading} ==\nA tale told as {_heading.lower()}.\n"),
         f"A tale told as {_heading.lower()}.")  # fmt: skip
_add("List Plot", 2008, "List Plot",
     film("List Plot", 2008, "== Plot ==\nThree tales:\n* The first is short.\n* The second is ''longer''.\n\n"
          "[[File:Still.jpg|thumb|A still of the film]]\nThey end alike.\n"),
     "Three tales:\nThe first is short.\nThe second is longer.\n\nThey end alike.")  # fmt: skip

# Redirects: from the list's title, and from a title with "(film)".
_add("Se7en Doors", 1995, "Seven Doors (1995 film)",
     film("Seven Doors", 1995, _plot(_plain("Sven"))), _plain("Sven"))  # fmt: skip
PAGES["Se7en Doors"] = "#REDIRECT [[Seven Doors (1995 film)]]"
_add("Old Name", 1962, "New Name", film("New Name", 1962, _plot(_plain("Nora"))), _plain("Nora"))
PAGES["Old Name (film)"] = "#REDIRECT [[New Name]]"
PAGES["Loop One"] = "#REDIRECT [[Loop Two]]"
PAGES["Loop Two"] = "#REDIRECT [[Loop One]]"
PAGES["Selfish"] = "#REDIRECT [[Selfish]]"
_miss("Loop One", 2000, "redirect")
_miss("Selfish", 2000, "redirect")

# One title, two years, and a third page that tells them apart.
_add("Twice", 1950, "Twice (1950 film)", film("Twice", 1950, _plot(_plain("Theo"))), _plain("Theo"))
_add("Twice", 1998, "Twice (1998 film)", film("Twice", 1998, _plot(_plain("Tess"))), _plain("Tess"))
PAGES["Twice"] = (
    "'''Twice''' may refer to:\n\n* ''[[Twice (1950 film)]]'', an American film\n"
    "* ''[[Twice (1998 film)]]'', a remake\n* [[Twice (novel)]], a novel\n\n{{Disambiguation}}"
)
_miss("Twice", 1975, "no film of 1975")
# A disambiguation page that names a page no rule would guess.
_add("Crossing", 2009, "Crossing (2009 Latvian film)",
     film("Crossing", 2009, _plot(_plain("Carl"))), _plain("Carl"))  # fmt: skip
PAGES["Crossing"] = (
    "'''Crossing''' may refer to:\n\n== Film ==\n* ''[[Crossing (2009 Latvian film)]]'', a drama\n"
    "* ''[[Crossing (1931 film)]]'', a lost silent film\n\n{{Disambiguation}}"
)
PAGES["Crossing (1931 film)"] = film("Crossing", 1931, "")
# The year is off by one between the list and the page.
_add("Late Release", 1980, "Late Release", film("Late Release", 1981, _plot(_plain("Lars"))), _plain("Lars"))
# A novel, and a remake of another year.
PAGES["The Salt Path Home"] = (
    "{{Infobox book\n| name = The Salt Path Home\n}}\n'''''The Salt Path Home''''' is a 1984 novel by Ada Rowe. It was "
    "adapted into a film in 1986.\n\n== Plot ==\nThe novel's own story.\n\n[[Category:1984 American novels]]\n"
    "[[Category:American novels adapted into films]]"
)
_miss("The Salt Path Home", 1986, "not of a film")
_miss("Late Release", 2015, "1981")
# A film without a plot; one whose plot is an empty section; a page that isn't there.
PAGES["Lost Reel"] = film("Lost Reel", 1912, "")
_miss("Lost Reel", 1912, "no plot section")
PAGES["Empty Plot"] = film("Empty Plot", 1944, "== Plot ==\n<!-- to be written -->\n")
_miss("Empty Plot", 1944, "empty")
_miss("Never Made", 2020, "no page")

# Titles that aren't ASCII, or that a URL or a wiki would stumble over.
_add("千と千尋の物語", 2001, "千と千尋の物語",
     film("千と千尋の物語", 2001, _plot("千尋は川を渡る。")), "千尋は川を渡る。")  # fmt: skip
_add("Amélie à l'Été", 2004, "Amélie à l'Été", film("Amélie à l'Été", 2004, _plot(_plain("Aimée"))), _plain("Aimée"))
_add("Face/Back", 1997, "Face/Back", film("Face/Back", 1997, _plot(_plain("Finn"))), _plain("Finn"))
_add("Who Goes There? & Why", 2012, "Who Goes There? & Why",
     film("Who Goes There? & Why", 2012, _plot(_plain("Will"))), _plain("Will"))  # fmt: skip
_add("#Awake", 2020, "Awake (2020 film)", film("Awake", 2020, _plot(_plain("Wren"))), _plain("Wren"))
_add("100% Wolf+Hound", 2014, "100% Wolf+Hound",
     film("100% Wolf+Hound", 2014, _plot(_plain("Hugo"))), _plain("Hugo"))  # fmt: skip

# Not in the list: for a category, and for the dump's infobox.
PAGES["Grand Tour"] = film(
    "Grand Tour",
    2019,
    _plot(_plain("Gina")),
    lead="'''''Grand Tour''''' ({{Lang|fr|Le Grand Tour}}) is a 2019 French-Italian [[crime film|crime]] "
    "[[comedy film]].\n",
    country="{{Plainlist|\n* France\n* Italy}}",
    language="French<br />Italian<ref>Heard.</ref>",
    kinds=("crime comedy films", "French crime comedy films", "Italian comedy films", "French-language films"),
    director="Jean Petit]] and [[Anna Neri",
)
