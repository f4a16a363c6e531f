"""Two hundred pages in the forms that film articles really take, made by rule, for a wiki that is read both ways.

Headings with anchors and odd spaces, templates that hold words and templates that hold none, markup that nobody meant,
and pages that are no film's though they have a film's box. The templates show what Wikipedia's own do; the stories are
nobody's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from .pages import TEMPLATES, film

COUNT = 200
CATEGORY = "Odd pages"


def _ship(prefix: str, first: int) -> str:
    """Return what a ship's template shows, as the code in its last argument says; `first` is that of the name."""
    name, mark, form = (f"{{{{{{{number}|}}}}}}" for number in range(first, first + 3))
    return (
        f"{{{{#switch:{form}|1={mark}|2=''{name}''|3=''{name}'' ({mark})|5={prefix} {mark}|6={prefix} ''{name}''"
        f"|#default={prefix} ''{name}''{{{{#if:{mark}|&nbsp;({mark})}}}}}}}}"
    )


ODD_TEMPLATES = TEMPLATES | {
    f"Template:{name}": text
    for name, text in {
        "Anchor": "<span class='anchor' id='{{{1}}}'></span>",
        "Visible anchor": "<span class='vanchor'><span id='{{{1}}}'></span>{{{1}}}</span>",
        "Nbsp": "&nbsp;",
        "Thin space": "&thinsp;",
        "Spaced ndash": "&nbsp;&ndash; ",
        "Snd": "&nbsp;&ndash; ",
        "Mdash": "&mdash;",
        "'s": "<span>'</span>s",
        '"\'': "<span>\"</span>'",
        "US$": "US${{{1}}}",
        "GBP": "[[Pound sterling|£]]{{{1}}}",
        "INR": "<span class='nowrap'>₹{{{1}}}</span>",
        "Euro": "€{{{1}}}",
        "Currency": "{{#switch:{{{2|USD}}}|EUR=€|GBP=£|#default=US$}}{{{1}}}",
        "USS": _ship("USS", 1),
        "HMS": _ship("HMS", 1),
        "RMS": _ship("RMS", 1),
        "Ship": _ship("{{{1}}}", 2),
        "Sclass": "''{{{1}}}''-class {{{2}}}",
        "Frac": "<span class='frac'>{{#if:{{{3|}}}|{{{1}}}<span class='sr-only'>+</span>{{{2}}}&frasl;{{{3}}}"
        "|{{#if:{{{2|}}}|{{{1}}}|1}}&frasl;{{#if:{{{2|}}}|{{{2}}}|{{{1}}}}}}}</span>",
        "Convert": "{{{1}}}&nbsp;{{{2}}}",
        "Height": "{{{ft}}}&nbsp;ft {{{in}}}&nbsp;in",
        "Lang-fr": "[[French language|French]]: <i lang='fr'>{{{1}}}</i>",
        "Langx": "{{#switch:{{{1}}}|de=[[German language|German]]|it=[[Italian language|Italian]]}}: ''{{{2}}}''",
        "Transliteration": "<i lang='{{{1}}}-Latn'>{{{2}}}</i>",
        "Nihongo": "{{{1}}} <span>(<span lang='ja'>{{{2}}}</span>, <i>{{{3}}}</i>)</span>",
        "Quote": "<blockquote class='templatequote'><p>{{{1}}}</p></blockquote>",
        "Blockquote": "<blockquote class='templatequote'><p>{{{text}}}</p></blockquote>",
        "Sic": "{{{1|}}}{{{2|}}}{{#if:{{{hide|}}}||&nbsp;<span>&#91;<i>[[sic]]</i>&#93;</span>}}",
        "Née": "<span title='born'>née</span> {{{1}}}",
        "Small": "<small>{{{1}}}</small>",
        "Abbr": "<abbr title='{{{2}}}'>{{{1}}}</abbr>",
        "Em": "<em>{{{1}}}</em>",
        "Font color": "<span style='color:{{{1}}}'>{{{2}}}</span>",
        "As of": "{{#if:{{{lc|}}}|as of|As of}}{{#if:{{{2|}}}|&nbsp;{{#switch:{{{2}}}|5=May|12=December}}}} {{{1}}}"
        "<sup class='noprint'>[update]</sup>",
        "Circa": "<abbr title='circa'>c.</abbr>&nbsp;{{{1}}}",
        "Floruit": "<abbr title='flourished'>fl.</abbr>&nbsp;{{{1}}}",
        "Age": "{{#expr:({{{4}}})-({{{1}}})-(({{{5}}})<({{{2}}})or(({{{5}}})=({{{2}}})and({{{6}}})<({{{3}}})))}}",
        "Ordinal": "{{{1}}}{{#switch:{{{1}}}|11|12|13=th"
        "|#default={{#switch:{{#expr:{{{1}}} mod 10}}|1=st|2=nd|3=rd|th}}}}",
        "Ill": "[[{{{1}}}]]<span class='noprint'> &#91;[[:{{{2}}}:{{{1}}}|{{{2}}}]]&#93;</span>",
        "Not a typo": "{{{1|}}}{{{2|}}}",
        "Interp": "&#91;{{{1}}}&#93;",
        "Start date": "{{#switch:{{{2}}}|5=May|12=December}} {{{3}}}, {{{1}}}",
        "Citation needed span": "<span class='citation-needed-content'>{{{1}}}</span><sup class='noprint'>[cite]</sup>",
        "A wiki's own": "<span class='own'>{{{1}}}</span>",
        "Efn": "<sup class='reference'>[a]</sup>",
        "Sfn": "<sup class='reference'>[2]</sup>",
        "Rp": "<sup class='reference'>:&#8202;{{{1}}}&#8202;</sup>",
        "Clarify": "<sup class='noprint'>[clarify]</sup>",
        "Who": "<sup class='noprint'>[who?]</sup>",
        "Flagicon": "<span class='flagicon'>&#8202;</span>",
        "Long plot": "<table class='ambox'><tr><td>This plot is too long.</td></tr></table>",
        "Expand section": "<table class='ambox'><tr><td>This section needs {{{1}}}</td></tr></table>",
        "Clear": "<div style='clear:{{{1|both}}}'></div>",
        "Spoiler": "<div class='notice'>The end is told below.</div>",
        "Infobox person": "<table class='infobox'><tr><th>{{{name|}}}</th></tr></table>",
        "Infobox Chinese": "<table class='infobox'><tr><th>{{{c|}}}</th></tr></table>",
        "Infobox television": "<table class='infobox'><tr><th>{{{name|}}}</th></tr></table>",
    }.items()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OddPage:
    """A page, and what a reader must make of it.

    `holds` are words that the plot must have. `reason` is a word of why a dump has no film of it; `has_film` tells
    whether it must say so, as a page without a film's box or category is passed over.
    """

    title: str
    text: str
    holds: str = ""
    reason: str = ""
    has_film: bool = True


_HEADINGS = (
    "== Plot ==", "==Plot==", "== {{anchor|Plot}}Plot ==", "== Plot{{anchor|Story}} ==", "== Plot == {{anchor|Story}}",
    "== <span id='Story'></span>Plot ==", "== <span class='anchor' id='Story'>Plot</span> ==",
    "== <span id='S' />Plot ==", "== {{visible anchor|Plot}} ==", "== [[Plot (narrative)|Plot]] ==", "== [[Plot]] ==",
    "== Plot <!-- keep it short --> ==", "== Plot == <!-- keep it short -->", "<!-- keep it short -->== Plot ==",
    "==&nbsp;Plot&nbsp;==", "==\u00a0Plot\u00a0==", "== Plot&#160;summary ==", "== Plot ==\u00a0",
    "==\u2009Plot\u2009==", "== Plot&thinsp;==", "== {{nbsp}}Plot{{thin space}}==", "== Plot\u200b ==",
    "== '''Plot''' ==", "== ''Plot'' ==", "== <big>'''Plot'''</big> ==", "== <u>Plot</u> ==", "== {{small|Plot}} ==",
    "== Plot<ref>A book.</ref> ==", "== Plot ==<ref>A book.</ref>", "== Plot{{efn|A note.}} ==", "<h2>Plot</h2>",
    "<h2 id='Story'>The ''plot''</h2>", "== Plot<br /> ==", "== PLOT: ==", "== The plot ==", "=== Plot ===",
    "== Plot details ==", "== Plotline ==", "== Plot line ==", "== Film plot ==", "== Plot of the film ==",
    "== Plot (film) ==", "== Plot summary ==", "== Plot synopsis ==", "== Synopsis ==", "== Brief synopsis ==",
    "== Film synopsis ==", "== Story ==", "== Story line ==", "== Storyline ==", "== Premise ==", "== Summary ==",
    "== Plot (spoilers) ==", "== Plot / Synopsis ==", "== Plot &amp; summary ==", "== 1. Plot ==", "== Plot outline ==",
    "== Detailed plot ==",
)  # fmt: skip

_WORDS = (
    ("She wins {{US$|5 million}} at cards.", "She wins US$5 million at cards."),
    ("The price is {{GBP|300}} or {{Euro|400}}.", "The price is £300 or €400."),
    ("He owes {{INR|10 lakh}} and {{currency|7|EUR}}.", "He owes ₹10 lakh and €7."),
    ("They board {{USS|Enterprise|CV-6|6}}.", "They board USS Enterprise."),
    ("They board {{USS|Defiant|ID-7}}.", "They board USS Defiant (ID-7)."),
    ("They flee from {{HMS|Beagle}} to {{RMS|Olympic||2}}.", "They flee from HMS Beagle to Olympic."),
    ("The {{ship|MV|Ada}} meets a {{sclass|Typhoon|submarine}}.", "The MV Ada meets a Typhoon-class submarine."),
    ("He eats {{frac|1|2}} a pie, then {{frac|2|1|4}} more.", "He eats 1/2 a pie, then 2 1/4 more."),
    ("{{frac|3}} of the village sleeps.", "1/3 of the village sleeps."),
    ("She walks {{convert|5|mi|km}} home.", "She walks 5 mi home."),
    ("A man of {{height|ft=6|in=4}} waits.", "A man of 6 ft 4 in waits."),
    ("They call it {{lang|fr|l'Été}} there.", "They call it l'Été there."),
    ("The inn ({{lang-fr|Le Puits}}) is shut.", "The inn (French: Le Puits) is shut."),
    ("The dog ({{langx|de|Hund}}) barks.", "The dog (German: Hund) barks."),
    ("He reads {{transliteration|ru|Kino}} aloud.", "He reads Kino aloud."),
    ("She sings {{nihongo|The River|川|Kawa}} alone.", "She sings The River (川, Kawa) alone."),
    ("The letter says:\n{{quote|Come before the snow does.}}\nHe stays.", "Come before the snow does.\nHe stays."),
    ("The letter says:\n{{blockquote|text=Burn ''this''.|author=Ada}}\nShe does.", "Burn this.\nShe does."),
    ("The sign reads {{sic|wellcome}} to all.", "The sign reads wellcome to all."),
    ("The sign reads {{sic|hide=y|no}} {{not a typo|ent|ry}}.", "The sign reads no entry."),
    ("Ada Rowe ({{née|Vale}}) knows.", "Ada Rowe (née Vale) knows."),
    ("{{nowrap|Twelve men}} and {{small|one dog}} come.", "Twelve men and one dog come."),
    ("The {{abbr|MP|Member of Parliament}} is {{em|not}} there.", "The MP is not there."),
    ("{{as of|1912}}, nobody lives there.", "As of 1912, nobody lives there."),
    ("Nobody lives there {{as of|1912|5|lc=y}}.", "Nobody lives there as of May 1912."),
    ("The map is of {{circa|1700}}, its maker {{floruit|1690}}.", "The map is of c. 1700, its maker fl. 1690."),
    ("She is {{age|1950|5|3|1962|5|2}} then.", "She is 11 then."),
    ("It is her {{ordinal|3}} try and his {{ordinal|12}}.", "It is her 3rd try and his 12th."),
    ("{{ill|Karl Hof|de}} opens the door.", "Karl Hof opens the door."),
    ("She says that {{interp|he}} left.", "She says that [he] left."),
    ("It ends on {{start date|1912|5|3}}.", "It ends on May 3, 1912."),
    ("{{citation needed span|The well is dry|date=May 2010}} by then.", "The well is dry by then."),
    ("He tells {{a wiki's own|the truth}} at last.", "He tells the truth at last."),
    ("The wall is {{font color|red|painted}} over.", "The wall is painted over."),
    ("''Ada''{{'s}} dog{{snd}}a spaniel{{mdash}}runs.", "Ada's dog – a spaniel—runs."),
    ("He writes {{\"'}}tis over\".", "He writes \"'tis over\"."),
    ("They find {{formatnum:12500}} coins.", "They find 12,500 coins."),
    ("The door opens{{efn|It is green.}} slowly{{sfn|Rowe|1999|p=3}}.{{rp|12}}", "The door opens slowly."),
    ("The dog{{clarify|which dog?|date=May 2010}} barks{{who|date=May 2010}}.", "The dog barks."),
    ("{{long plot|date=May 2010}}\nThe lamp goes out.", "The lamp goes out."),
    ("The lamp goes out.\n{{expand section|with the end of it.}}", "The lamp goes out."),
    ("{{main|The Lamp}}\nThe lamp burns.\n{{clear}}", "The lamp burns."),
    ("{{spoiler}}\nThe {{flagicon|France}} ship sinks.", "The ship sinks."),
)  # fmt: skip

_MARKUP = (
    ("''Titanic'''s crew sleeps.", "Titanic's crew sleeps."),
    ("'''''Both''''' and '''bold''' and ''italic'' end.", "Both and bold and italic end."),
    ("It is ''never closed.\nThe next line is not.", "It is never closed.\nThe next line is not."),
    ("Ada's dog isn't ''l''''amour''.", "Ada's dog isn't l'amour."),
    ("They watch [[Rio: A Film]] and [[CSI: Miami|CSI]].", "They watch Rio: A Film and CSI."),
    ("The [[dog]]s of [[Rome (city)|Rome]] and [[:Category:Dogs]].", "The dogs of Rome and Category:Dogs."),
    ("[[File:Still.jpg|thumb|A still of the [[dog]].]]The dog waits.", "The dog waits."),
    ("A map [https://maps.test here] shows it.", "A map here shows it."),
    ("One&nbsp;door,\u00a0two\u2009doors &ndash; three&hellip;", "One door, two doors – three…"),
    ("H<sub>2</sub>O and x<sup>2</sup>, <s>no</s> <u>yes</u>.", "H2O and x2, no yes."),
    ("Three come:\n* one\n* ''two''\n** a third", "Three come:\none\ntwo\na third"),
    ("; The road\n: It is long.\n; The end: Here.", "The road\nIt is long.\nThe end\nHere."),
    ("First.<!-- a\nlong\nremark --> Second.", "First. Second."),
    ("First.\n<!-- a remark -->\nSecond.", "First.\nSecond."),
    ("The lamp<ref name='a'>A [[book]].</ref> burns<ref name='a' /> on.", "The lamp burns on."),
    ("Before.\n{| class='wikitable'\n|-\n| cell\n{|\n| inner\n|}\n|}\nAfter.", "Before.\nAfter."),
    ("Before.\n\n<gallery>\nFile:A.jpg|A door\n</gallery>\n\nAfter.", "Before.\nAfter."),
    ("<nowiki>''Raw''</nowiki> and &#39;&#39;typed&#39;&#39;.", "''Raw'' and ''typed''."),
    ("She<nowiki />s off &amp; away, 3 &lt; 4.", "Shes off & away, 3 < 4."),
    ("A line.<br />\nAnother line.", "A line.\nAnother line."),
    ("<includeonly>Not here.</includeonly><noinclude>Here.</noinclude> Yes.", "Here. Yes."),
    ("=== One ===\nThe first.\n<h3>Two</h3>\nThe second.\n==== {{anchor|x}}Deep ====\nThe third.",
     "The first.\nThe second.\nThe third."),
    ("__NOTOC__The hall is empty.", "The hall is empty."),
    (":''The story is told backwards.''\nHe wakes.", "The story is told backwards.\nHe wakes."),
    ("----\nThe rest is told.", "The rest is told."),
    ("<ul>\n<li>A red door</li>\n<li>A blue one</li>\n</ul>\nBoth are shut.", "A red door\nA blue one\nBoth are shut."),
)  # fmt: skip

_FILM_BOX = "{{Infobox film\n| name = It\n| director = Ada Rowe\n| released = {{Film date|1999|5|1}}\n}}"
_BOOK_BOX = "{{Infobox book\n| name = It\n}}"
_OWN_PLOT = "== Plot ==\nThe story that is not the film's.\n"

_OTHERS = (
    OddPage(
        "A novel",
        f"{_BOOK_BOX}\n'''''It''''' is a 1984 novel by Ada Rowe.\n\n{_OWN_PLOT}\n== Film adaptation ==\n{_FILM_BOX}\n",
        reason="{{Infobox book}} comes before the film infobox",
    ),
    OddPage(
        "A novel in the film's category",
        f"{_BOOK_BOX}\n'''''It''''' is a 1984 novel by Ada Rowe.\n\n{_OWN_PLOT}[[Category:1999 films]]\n",
        reason="something else: It is a 1984 novel",
    ),
    OddPage(
        "A novel that says nothing of itself",
        f"{_BOOK_BOX}\nAda Rowe wrote it.\n\n{_OWN_PLOT}{_FILM_BOX}\n[[Category:1984 American novels]]\n"
        "[[Category:1999 films]]\n",
        reason="{{Infobox book}} comes before the film infobox",
    ),
    OddPage(
        "A play without a box",
        f"'''''It''''' is a 1930 play by Ada Rowe.\n\n{_OWN_PLOT}== Film ==\n{_FILM_BOX}\n[[Category:1999 films]]\n",
        reason="in a section of its own",
    ),
    OddPage(
        "A director",
        "{{Infobox person\n| name = Ada\n}}\n'''Ada Rowe''' makes films.\n\n== Story ==\nBorn poor.\n\n"
        f"== It ==\n{_FILM_BOX}\n",
        reason="{{Infobox person}} comes before the film infobox",
    ),
    OddPage("A novel alone", f"{_BOOK_BOX}\n'''It''' is a novel.\n\n{_OWN_PLOT}", reason="-", has_film=False),
    OddPage("A village", "'''It''' is a village.\n\n== Story ==\nFounded long ago.\n", reason="-", has_film=False),
    OddPage("No plot", film("No plot", 1999, ""), reason="no plot section"),
    OddPage("Only a cast", film("Only a cast", 1999, "== Plot twists ==\nMany.\n"), reason="no plot section"),
    OddPage("Plot of a sequel", film("It", 1999, "== Sequel ==\n=== Plot ===\nNo.\n"), reason="no plot section"),
    OddPage("Plot of the novel", film("It", 1999, "== Plot (novel) ==\nNo.\n"), reason="no plot section"),
    OddPage("Empty", film("Empty", 1999, "== Plot ==\n<!-- to come -->\n"), reason="is empty: 'Plot'"),
    OddPage("Only a notice", film("It", 1999, "== Synopsis ==\n{{long plot}}\n"), reason="is empty: 'Synopsis'"),
    OddPage("To come", film("To come", 1999, "== Plot ==\n''TBA''\n"), reason="says nothing: 'TBA'"),
    OddPage("To be added", film("It", 1999, "== Plot ==\nTo be added.\n"), reason="says nothing: 'To be added.'"),
    OddPage("Other name", "#REDIRECT [[Heading 0]]\n\n[[Category:2001 films]]", reason="redirects: to 'Heading 0'"),
    OddPage("One more name", f"#REDIRECT [[Heading 1]]\n\n{_FILM_BOX}\n", reason="redirects: to 'Heading 1'"),
    OddPage(
        "Without a box",
        "'''''Without a box''''' is a 1931 silent film by Ada Rowe.\n\n== Plot ==\nA lamp goes out.\n"
        "[[Category:1931 films]]\n",
        holds="A lamp goes out.",
    ),
    OddPage("Without a lead", "== Plot ==\nA lamp is lit.\n[[Category:1932 films]]\n", holds="A lamp is lit."),
    OddPage(
        "Made for television",
        "{{Infobox television\n| name = It\n}}\n'''''It''''' is a 1988 American television film.\n\n== Plot ==\n"
        "A lamp is sold.\n[[Category:1988 television films]]\n",
        holds="A lamp is sold.",
    ),
    OddPage(
        "A film with a box of names before its own",
        "{{Infobox Chinese\n| c = 燈\n}}\n" + film("It", 1996, "== Plot ==\nA lamp is found.\n"),
        holds="A lamp is found.",
    ),
    OddPage(
        "A film and the novel's plot",
        film("It", 1997, "== Plot ==\nThe novel's.\n\n== Film plot ==\nThe film's own.\n"),
        holds="The film's own.",
    ),
    OddPage(
        "A film of a novel",
        film(
            "It",
            1998,
            "== Plot ==\nA lamp is lost.\n",
            kinds=("drama films", "American films", "Films based on novels"),
        ),
        holds="A lamp is lost.",
    ),
)


def _story(chance: random.Random) -> str:
    """Return a few sentences that nobody wrote."""
    who = (
        "the keeper",
        "a widow",
        "her brother",
        "the postman",
        "an old sailor",
        "the twins",
        "a stranger",
        "the judge",
    )
    does = ("finds", "hides", "steals", "burns", "follows", "paints", "forgets", "sells", "mends", "buries")
    what = ("a letter", "the lamp", "a boat without oars", "the map", "a coin", "the red door", "a mirror", "the key")
    where = (
        "by the sea",
        "in the attic",
        "before dawn",
        "at the fair",
        "under the bridge",
        "in the snow",
        "at the inn",
    )
    sentences = (
        f"{chance.choice(who)} {chance.choice(does)} {chance.choice(what)} {chance.choice(where)}.".capitalize()
        for _ in range(chance.randrange(2, 6))
    )
    return " ".join(sentences)


def _pages() -> Iterator[OddPage]:
    chance = random.Random(200)
    for number, heading in enumerate(_HEADINGS):
        title, story = f"Heading {number}", _story(chance)
        yield OddPage(title, film(title, 2001, f"{heading}\n{story}\n"), holds=story)
    for number, (wikitext, words) in enumerate(_WORDS):
        title = f"Words {number}"
        plot = f"== Plot ==\n{_story(chance)}\n\n{wikitext}\n\n{_story(chance)}\n"
        yield OddPage(title, film(title, 2002, plot), holds=words)
    for number, (wikitext, words) in enumerate(_MARKUP):
        title = f"Markup {number}"
        yield OddPage(title, film(title, 2003, f"== Plot ==\n{_story(chance)}\n\n{wikitext}\n"), holds=words)
    yield from _OTHERS


def _mixed(count: int) -> Iterator[OddPage]:
    """Yield pages with a heading, and several templates and markups, drawn by chance."""
    chance = random.Random(count)
    for number in range(count):
        title = f"Mixed {number}"
        drawn = [*chance.sample(_WORDS, 3), *chance.sample(_MARKUP[:15], 2)]
        paragraphs = [f"{_story(chance)}\n\n{wikitext}" for wikitext, _ in drawn]
        plot = f"{chance.choice(_HEADINGS)}\n" + "\n\n".join(paragraphs) + "\n"
        yield OddPage(title, film(title, 2004, plot), holds=chance.choice(drawn)[1])


_MADE = tuple(_pages())
ODD_PAGES = (*_MADE, *_mixed(COUNT - len(_MADE)))


def wikitexts() -> dict[str, str]:
    """Return templates and pages by title, each page in the category that a fetch asks for."""
    pages = {page.title: f"{page.text}\n[[Category:{CATEGORY}]]\n" for page in ODD_PAGES}
    return {**ODD_TEMPLATES, **pages}
