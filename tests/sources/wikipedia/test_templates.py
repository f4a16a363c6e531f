"""What a reader of the wiki sees of a template, a dump's reader sees too."""

from __future__ import annotations

import datetime

import pytest

from moviesearch.sources.wikipedia.article.sections import clean
from moviesearch.sources.wikipedia.article.wikitext import bare, plain


def seen(wikitext: str) -> str:
    return clean(plain(bare(wikitext)))


@pytest.mark.parametrize(
    ("wikitext", "words"),
    [
        # Money.
        ("{{US$|5 million}}, {{USD|1200}}, {{US$|3.5|link=yes}}", "US$5 million, US$1,200, US$3.5"),
        ("{{GBP|300}} {{£|1,000}} {{£sd|l=1|s=2|d=3}} {{Euro|7 million}}", "£300 £1,000 £1 2s 3d €7 million"),
        ("{{INR|10 lakh}} {{INRConvert|5|c}} {{Yen|900}} {{A$|4}} {{SEK|40}}", "₹10 lakh ₹5 crore ¥900 A$4 SEK 40"),
        ("{{currency|300|EUR}} {{currency|12}} {{currency|8|XTS}}", "€300 US$12 XTS 8"),
        # Ships, whose last argument says how much of the name is shown.
        ("{{USS|Enterprise|CV-6}}, {{USS|Enterprise|CV-6|6}}", "USS Enterprise (CV-6), USS Enterprise"),
        ("{{HMS|Ada|1765|2}} {{HMS|Ada|1765|3}} {{HMS|Ada|F1|1}} {{HMS|Ada|F1|5}}", "Ada Ada (1765) F1 HMS F1"),
        ("{{ship|MV|Ada}} {{ship||Ada}} {{sclass|Typhoon|submarine}}", "MV Ada Ada Typhoon-class submarine"),
        # Numbers and measures.
        ("{{frac|1|2}} {{frac|3|1|4}} {{fraction|7}} {{sfrac|2|3}} {{half}} {{3/4}}", "1/2 3 1/4 1/7 2/3 1/2 3/4"),
        ("{{convert|100|-|200|km|mi}} {{convert|6|ft|4|in|cm|0}} {{cvt|1300|km2}}", "100–200 km 6 ft 4 in 1,300 km²"),
        ("{{convert|4+1/2|mi|1}} {{convert|-40|C}} {{convert|10|to|20|acre}}", "4 1/2 mi -40 °C 10 to 20 acres"),
        ("{{height|ft=6|in=2}} {{height|m=1.80}} {{val|12345|u=kg}}", "6 ft 2 in 1.80 m 12,345 kg"),
        ("{{ordinal|1}} {{ordinal|12}} {{ordinal|23}} {{formatnum:12500}} {{numero|5}}", "1st 12th 23rd 12,500 No. 5"),
        # Dates and ages.
        ("{{as of|2010}} {{As of|2010|5|lc=y}} {{as of|2010|5|3}}", "As of 2010 as of May 2010 As of 3 May 2010"),
        ("{{as of|2012|since=y}} {{as of|2011|alt=by then}}", "Since 2012 by then"),
        ("{{circa|1700}}, {{c.|1700|1710}}, {{floruit|1690}}", "c. 1700, c. 1700 – c. 1710, fl. 1690"),
        ("{{start date|1912|5|3}} {{birth date|1912|5|3|df=y}}; {{BC|44}}", "May 3, 1912 3 May 1912; 44 BC"),
        ("{{age|1950|5|3|1962|5|2}} {{age|1950|5|3|1962|5|3}} {{age|then}}", "11 12"),
        # Languages.
        ("{{lang|fr|l'Été}} {{lang-fr|Été}} {{lang-xx|Été}}", "l'Été French: Été Été"),
        ("{{langx|ru|Кино|Kino|film}}", "Russian: Кино, romanized: Kino, lit. 'film'"),
        ("{{langx|de|Hund|label=none}}", "Hund"),
        ("{{transliteration|ru|Kino}} {{transl|ar|ALA|kitab}}", "Kino kitab"),
        ("{{nihongo|The River|川|Kawa}} {{nihongo||川|Kawa}}", "The River (川, Kawa) Kawa (川)"),
        ("{{nihongo3|The River|川|Kawa}} {{nihongo2|川}}", "Kawa (川, The River) 川"),
        ("{{zh|c=川|p=chuān}} {{zh|c=川|p=chuān|labels=no}}", "Chinese: 川; pinyin: chuān 川; chuān"),
        ("{{lit|dog}} {{gloss|dog}}", "lit. 'dog' 'dog'"),
        # Words that are only dressed up.
        ("{{nowrap|a b}} {{small|c}} {{abbr|MP|Member}} {{em|d}} {{nobold|e}}", "a b c MP d e"),
        ("{{font color|red|blood}} {{font color|red|white|bone}} {{resize|80%|tiny}}", "blood bone tiny"),
        ("Ada {{née|Rowe}}, {{nee|Vale}}", "Ada née Rowe, née Vale"),
        ("{{sic|wellcome}} {{sic|hide=y|whos}} {{sic|compli|ment}} {{not a typo|a|b}}", "wellcome whos compliment ab"),
        ("{{ill|Karl Hof|de}} {{ill|Karl Hof|de|lt=Karl}} {{visible anchor|Top}}", "Karl Hof Karl Top"),
        ("{{interp|she}} {{citation needed span|it is so|date=May 2010}}", "[she] it is so"),
        ("{{enum|a|b|c}}; {{cslist|a|b}}; {{sortname|Ada|Rowe}}", "a, b and c; a, b; Ada Rowe"),
        ("{{uc:abc}} {{ucfirst:the end}} {{lc:ABC}}", "ABC The end abc"),
        ("''Ada''{{'s}} dog{{snd}}a spaniel{{mdash}}and{{nbsp}}{{\"'}}tis", "Ada's dog – a spaniel—and \"'tis"),
        # Quotations stand on lines of their own.
        ("He reads: {{quote|Come home.|Ada}} He goes.", "He reads:\nCome home.\nHe goes."),
        ("{{blockquote|text=One.\n\nTwo.|author=Ada}}", "One.\nTwo."),
        ("{{poemquote|\nroses\n''red''\n}}", "roses\nred"),
        # One in another, and names as they come.
        ("{{nowrap|{{USS|Ada}} for {{US$|{{formatnum:5000}}}}}}", "USS Ada for US$5,000"),
        ("{{Template:Frac|1|3}} {{subst:frac|1|4}} {{ FRAC\n|1|5}} {{As_of|2010}}", "1/3 1/4 1/5 As of 2010"),
        ("{{frac|1=1|2=2}} {{nowrap|1=a=b}} {{lang|fr|2=Été}}", "1/2 a=b Été"),
    ],
)  # fmt: skip
def test_a_template_that_holds_words_keeps_them(wikitext: str, words: str) -> None:
    assert seen(wikitext) == words


@pytest.mark.parametrize(
    "wikitext",
    [
        "{{efn|A note.}}", "{{refn|group=n|A note.}}", "{{sfn|Rowe|1999|p=3}}", "{{r|rowe}}", "{{rp|12}}",
        "{{cite web|A b}}", "{{citation needed|reason=so it is}}", "{{clarify|which dog?}}", "{{who|the dog}}",
        "{{dubious|talk}}", "{{cn}}", "{{anchor|Plot}}", "{{flagicon|France}}", "{{clear|left}}",
        "{{long plot|section}}", "{{disambiguation needed|x y}}", "{{better source needed|so they say}}",
        "{{image label|the door}}", "{{DEFAULTSORT:Ada}}", "{{#if:a|b}}", "{{IPAc-en|a}}", "{{:Some other page}}",
        "{{ce|date=May 2010}}",
    ],
)  # fmt: skip
def test_notes_notices_and_layout_show_nothing(wikitext: str) -> None:
    assert seen(f"The door{wikitext} opens.") == "The door opens."


def test_of_an_unknown_template_the_first_argument_is_shown_where_it_is_prose() -> None:
    assert seen("He tells {{a new thing|the truth|x=y|more}} at last.") == "He tells the truth at last."
    assert seen("He tells {{a new thing|Ada}} all.") == "He tells Ada all."
    assert seen("He tells{{a new thing|12}} all.") == "He tells all."
    assert seen("He tells {{a new thing|fr|la vérité}} at last.") == "He tells la vérité at last."
    for no_prose in ("section", "left", "Door.jpg", "https://a.test", "y"):
        assert seen(f"The door{{{{a new thing|{no_prose}|more}}}} opens.") == "The door opens."


def test_an_unknown_template_alone_on_its_line_is_a_notice_unless_it_is_a_sentence() -> None:
    assert seen("One.\n{{a new thing|Ada Rowe}}\nTwo.") == "One.\nTwo."
    assert seen("One.\n{{a new thing|She opens the door.}}\nTwo.") == "One.\nShe opens the door.\nTwo."
    assert seen("One.\n{{folded away|Two|She opens ''the'' door.}}\nThree.") == "One.\nShe opens the door.\nThree."


def test_an_age_is_that_of_today_where_no_other_day_is_given() -> None:
    today = datetime.date.today()
    assert seen(f"{{{{age|{today.year - 40}|1|1}}}}") == "40"


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("''Titanic'''s crew and '''A''' ''B''", "Titanic's crew and A B"),
        ("''l''''amour'' it is\n''''y''''", "l'amour it is\n'y'"),
        ("''open\nand ''open", "open\nand open"),
        ("''A''{{'}}s ''B''{{'}}s", "A's B's"),
        ("<nowiki>''raw''</nowiki> &#39;&#39;typed&#39;&#39;", "''raw'' ''typed''"),
        ("<p>one<p>two <center>three", "one\ntwo\nthree"),
        ("a<ref>never closed", "anever closed"),
        ("a <li>b</li><li>c</li>", "a\nb\nc"),
        ("; Term: its meaning", "Term\nits meaning"),
        ("[[Rio: A Film]] [[CSI: Miami|CSI]][[fr:Rio]][[zh-min-nan:Rio]]", "Rio: A Film CSI"),
        ("<includeonly>no</includeonly><noinclude>yes</noinclude>", "yes"),
        ("4+1⁄2 and 5⁄8, non‑stop", "4 1/2 and 5/8, non-stop"),
        ("{{frac|1", "{{frac|1"),
    ],
)
def test_markup_that_nobody_meant(wikitext: str, text: str) -> None:
    assert seen(wikitext) == text
