"""The pages of a German wiki: films as German articles tell them, with links to their English pages."""

from __future__ import annotations

TEMPLATES = {
    "Vorlage:Infobox Film": "<table class='infobox'><tr><th>{{{DT|}}}</th></tr><tr><td>{{{OT|}}}</td></tr></table>",
    "Vorlage:Begriffsklärung": "<div>Diese Seite dient zur Unterscheidung.</div>[[Kategorie:Begriffsklärung]]",
}


def film(
    title: str,
    year: int,
    plot: str,
    *,
    original: str = "",
    english: str = "",
    heading: str = "Handlung",
    kinds: tuple[str, ...] = ("US-amerikanischer Film", "Filmdrama"),
) -> str:
    """Return a film article in wikitext; `english` is the title of its English page."""
    categories = "".join(f"[[Kategorie:{kind}]]\n" for kind in (f"Filmtitel {year}", *kinds))
    return (
        f"{{{{Infobox Film\n| DT = {title}\n| OT = {original or title}\n| PL = [[Vereinigte Staaten]]\n"
        f"| OS = [[Englische Sprache|Englisch]]\n| PJ = {year}\n| REG = [[Ada Rowe]]\n}}}}\n"
        f"'''{title}''' ist ein US-amerikanischer [[Spielfilm]] von [[Ada Rowe]] aus dem Jahr {year}."
        "<ref>Ein Buch.</ref>\n\n"
        f"== {heading} ==\n{plot}\n\n== Produktion ==\nDer Film wurde gedreht.\n\n"
        f"== Einzelnachweise ==\n<references />\n\n{categories}{f'[[en:{english}]]' if english else ''}"
    )


LIGHTHOUSE = "Ein Leuchtturmwärter findet im Nebel ein Boot ohne Menschen. Am Ende löscht er das Licht selbst."

PAGES: dict[str, str] = {
    **TEMPLATES,
    "Der Leuchtturm (1987)": film(
        "Der Leuchtturm", 1987, LIGHTHOUSE, original="The Lamp Room", english="The Lamp Room (1987 film)"
    ),
    "Der Leuchtturm": "'''Der Leuchtturm''' steht für:\n\n* [[Der Leuchtturm (1987)]], US-amerikanischer Film\n"
    "* [[Der Leuchtturm (2003)]], deutscher Film\n* [[Der Leuchtturm (Roman)]], Roman\n\n{{Begriffsklärung}}",
    "Der Leuchtturm (2003)": film(
        "Der Leuchtturm",
        2003,
        "Eine Frau kauft einen Leuchtturm.",
        heading="Inhalt",
        kinds=("Deutscher Film", "Filmkomödie"),
    ),
    "Der Leuchtturm (Roman)": "'''Der Leuchtturm''' ist ein Roman von [[Ada Rowe]] aus dem Jahr 1980, der als Film "
    "verfilmt wurde.\n\n== Handlung ==\nDie Handlung des Romans.\n\n[[Kategorie:Literarisches Werk]]",
    "Lichter": "#WEITERLEITUNG [[Der Leuchtturm (2003)]]",
    "Ohne Handlung": film("Ohne Handlung", 1999, "", heading="Kritik"),
    "Liste sehenswerter Filme": "Eine Liste, auch vom [[Nebel]].\n\n{| class='wikitable'\n! Jahr !! Film\n|-\n"
    "| 2003 || ''[[Lichter|Die Lichter]]''\n|-\n| 1987 || ''[[Der Leuchtturm (1987)|Der Leuchtturm]]''\n|-\n| 1980 || "
    "[[Der Leuchtturm (Roman)]]\n|}\n\n[[Kategorie:Liste (Filme)]]",
    "Nebel": "'''Nebel''' ist ein Teil des Wetters.",
}
