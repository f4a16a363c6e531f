"""Wikitext -> plain text, as the wiki's own extracts have it. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import partial

import mwparserfromhell
from mwparserfromhell import nodes
from mwparserfromhell.definitions import is_single
from mwparserfromhell.wikicode import Wikicode

from .templates import APOSTROPHE, LINE_BREAK, Arguments, shown

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNSEEN = re.compile(
    r"<(ref|gallery|math|timeline|imagemap|score|syntaxhighlight|templatestyles|style|includeonly)\b"
    r"(?:[^>]*/>|[^>]*>.*?</\1\s*>)",
    re.DOTALL | re.IGNORECASE,
)
_ANCHOR = re.compile(r"\{\{\s*(?:subst:\s*)?anchors?\s*\|[^{}]*\}\}", re.IGNORECASE)
_SWITCH = re.compile(r"__[A-Z]{3,}__")
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
_TABLE_MARK = re.compile(r"^[ \t:]*\{\||^[ \t]*\|\}", re.MULTILINE)
NOT_TEXT = re.compile(
    r"\s*(?:(?i:file|image|category|media|datei|bild|kategorie|fichier|catégorie|archivo|imagen|categoría|immagine"
    r"|categoria|ファイル|画像|カテゴリ)|[a-z]{2,3}(?:-[a-z]+)*)\s*:"
)
"""What a link begins with that shows no words: a picture, a category, the page of another language."""

_QUOTES = re.compile("('{2,})")
_HIDDEN_TAGS = frozenset({"div", "table", "figure", "script"})
_BLOCK_TAGS = frozenset({"p", "blockquote", "poem", "center", "li", "dt", "dd", "hr", "pre"})
_STRAY_TAG = re.compile(
    r"</?(?:abbr|b|bdi|big|blockquote|br|center|cite|code|dd|del|div|dl|dt|em|font|i|ins|li|noinclude|nowiki|ol"
    r"|onlyinclude|p|poem|q|ref|references|s|section|small|span|strike|strong|sub|sup|td|tr|tt|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)

_MOST_UNCLOSED = 50
_HALF_A_TAG = re.compile(r"<(?=[^<>]*(?:<|\Z))")
_TAG = re.compile(r"<(/?)([a-zA-Z]+)[^<>]*?(/?)>")
_BRACES = re.compile(r"\{\{|\}\}")
_BRACKETS = re.compile(r"\[\[|\]\]")
_TABLES = re.compile(r"(?<!\{)\{\||\|\}(?!\})")
_PAIRS = (
    (_BRACES, "{{", "&#123;&#123;"),
    (_BRACKETS, "[[", "&#91;&#91;"),
    (_TABLES, "{|", "&#123;|"),
)
"""Marks that open and close something, the opening one, and the same as words."""


def bare(wikitext: str) -> str:
    """Take out comments, references, anchors and all else that shows no text; cheap, as nothing is parsed.

    Headings written as HTML become headings of wikitext.
    """
    text = _SWITCH.sub("", _UNSEEN.sub("", _COMMENT.sub("", wikitext)))
    return _HTML_HEADING.sub(_wiki_heading, _ANCHOR.sub("", text))


def closed(wikitext: str) -> str:
    """Turn tags, templates, links and tables that are never closed into words, where there are too many for a page.

    The parser takes a time that grows with the square of their number: hours for a page that is full of them.
    """
    if len(_HALF_A_TAG.findall(wikitext)) > _MOST_UNCLOSED:
        wikitext = _HALF_A_TAG.sub("&lt;", wikitext)
    tags = Counter((tag[2].casefold(), tag[1] == "/") for tag in _TAG.finditer(wikitext) if tag[3] != "/")
    opened = [name for name, closes in tags if not closes and not is_single(name)]
    for name in opened:
        if tags[name, False] - tags[name, True] > _MOST_UNCLOSED:
            wikitext = re.sub(rf"<(?={name}\b)", "&lt;", wikitext, flags=re.IGNORECASE)
    for marks, opening, words in _PAIRS:
        unclosed: list[int] = []
        for mark in marks.finditer(wikitext):
            if mark[0] == opening:
                unclosed.append(mark.start())
            elif unclosed:
                unclosed.pop()
        if len(unclosed) > _MOST_UNCLOSED:
            ends = [0, *(start + len(opening) for start in unclosed)]
            wikitext = words.join(wikitext[end:start] for end, start in zip(ends, [*unclosed, None], strict=True))
    return wikitext


def plain(wikitext: str) -> str:
    """Return the text that a reader sees of bare wikitext (see `bare`), with its line breaks."""
    code = mwparserfromhell.parse(closed(_without_tables(wikitext)), skip_style_tags=True)
    text = _with_line_breaks(_text(code, at_top=True))
    return "\n".join(map(_without_quotes, text.split("\n"))).replace(APOSTROPHE, "'")


def _wiki_heading(heading: re.Match[str]) -> str:
    marks = "=" * int(heading[1])
    return f"\n{marks} {' '.join(heading[2].split())} {marks}\n"


def _without_tables(text: str) -> str:
    depth, outside, start = 0, [], 0
    for mark in _TABLE_MARK.finditer(text):
        if "{|" in mark[0]:
            if depth == 0:
                outside.append(text[start : mark.start()])
            depth += 1
        elif depth:
            depth -= 1
            start = mark.end()
    return "".join([*outside, text[start:]]) if depth == 0 else "".join(outside)


def _with_line_breaks(text: str) -> str:
    """Turn each LINE_BREAK, with all line breaks beside it, into one line break, or none at an end of the text."""
    if LINE_BREAK not in text:
        return text
    breaks = f"\n{LINE_BREAK}"
    body = text.lstrip(breaks)
    before, body = text[: len(text) - len(body)], body.rstrip(breaks)
    after = text[len(before) + len(body) :]
    ends = ["\n" * ("\n" in end) if LINE_BREAK in end else end for end in (before, after)]
    return ends[0] + "\n".join(filter(None, (part.strip("\n") for part in body.split(LINE_BREAK)))) + ends[1]


def _without_quotes(line: str) -> str:
    """Take the marks of italics and bold out of a line, and leave the apostrophes among them, as MediaWiki does."""
    if "''" not in line:
        return line
    parts = _QUOTES.split(line)
    for index in range(1, len(parts), 2):
        count = len(parts[index])
        apostrophes = 1 if count == 4 else max(0, count - 5)
        parts[index - 1] += "'" * apostrophes
        parts[index] = parts[index][apostrophes:]
    counts = [len(marks) for marks in parts[1::2]]
    if (counts.count(2) + counts.count(5)) % 2 and (counts.count(3) + counts.count(5)) % 2:
        # One bold mark too many is an apostrophe and a mark of italics, best after a word of one letter.
        bold = [index for index in range(1, len(parts), 2) if len(parts[index]) == 3]
        best = min(bold, key=lambda index: _likely_apostrophe(parts[index - 1]), default=None)
        if best is not None:
            parts[best - 1] += "'"
    return "".join(parts[::2])


def _likely_apostrophe(before: str) -> int:
    return 2 if before.endswith(" ") else 0 if before[-2:-1] == " " else 1


def _text(code: Wikicode, *, at_top: bool = False) -> str:
    texts = []
    for index, node in enumerate(code.nodes):
        if isinstance(node, nodes.Template):
            texts.append(_template(node, alone=at_top and _is_alone(code.nodes, index)))
        else:
            texts.append(_READERS.get(type(node), _nothing)(node))
    return "".join(texts)


def _is_alone(siblings: list[nodes.Node], index: int) -> bool:
    """Tell whether a node has its line for itself."""
    before = str(siblings[index - 1]) if index else "\n"
    after = str(siblings[index + 1]) if index + 1 < len(siblings) else "\n"
    return before.rstrip(" \t").endswith("\n") and after.lstrip(" \t").startswith("\n")


def _nothing(node: nodes.Node) -> str:
    return ""


def _plain_text(node: nodes.Text) -> str:
    return _STRAY_TAG.sub(_stray_tag, str(node.value)) if "<" in node.value else str(node.value)


def _stray_tag(tag: re.Match[str]) -> str:
    name = tag[0].strip("</> ").partition(" ")[0].casefold()
    return LINE_BREAK if name in _BLOCK_TAGS or name == "br" else ""


def _entity(node: nodes.HTMLEntity) -> str:
    try:
        return str(node.normalize()).replace("'", APOSTROPHE)
    except (ValueError, OverflowError):
        return ""


def _link(node: nodes.Wikilink) -> str:
    title = str(node.title)
    if NOT_TEXT.match(title):
        return ""
    return _text(node.text) if node.text is not None else title.strip().removeprefix(":")


def _external(node: nodes.ExternalLink) -> str:
    if node.title is not None:
        return _text(node.title)
    return "" if node.brackets else str(node.url)


def _tag(node: nodes.Tag) -> str:
    name = str(node.tag).strip().casefold()
    if name == "br":
        return "\n"
    if name in _HIDDEN_TAGS:
        return ""
    text = "" if node.contents is None else _text(node.contents)
    if name == "nowiki":
        return text.replace("'", APOSTROPHE)
    if name in _BLOCK_TAGS:
        # A list's mark has its line's text behind it, and not in it.
        return f"{LINE_BREAK}{text}" if node.wiki_markup else f"{LINE_BREAK}{text}{LINE_BREAK}"
    return text


def _template(node: nodes.Template, *, alone: bool) -> str:
    arguments = Arguments({str(param.name).strip(): partial(_text, param.value) for param in node.params})
    return shown(str(node.name), arguments, alone=alone)


_READERS: dict[type[nodes.Node], Callable[..., str]] = {
    nodes.Text: _plain_text,
    nodes.HTMLEntity: _entity,
    nodes.Wikilink: _link,
    nodes.ExternalLink: _external,
    nodes.Tag: _tag,
}
