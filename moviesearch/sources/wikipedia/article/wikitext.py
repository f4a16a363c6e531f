"""Wikitext -> plain text, as the wiki itself would extract it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable

import mwparserfromhell
from mwparserfromhell import nodes
from mwparserfromhell.wikicode import Wikicode

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNSEEN = re.compile(
    r"<(ref|gallery|math|timeline|imagemap|score|syntaxhighlight|templatestyles|style)\b(?:[^>]*/>|[^>]*>.*?</\1\s*>)",
    re.DOTALL | re.IGNORECASE,
)
_SWITCH = re.compile(r"__[A-Z]{3,}__")
_TABLE_MARK = re.compile(r"^[ \t:]*\{\||^[ \t]*\|\}", re.MULTILINE)
_NOT_TEXT = re.compile(r"\s*(?:file|image|category|media|[a-z]{2,3}(?:-[a-z]+)?)\s*:", re.IGNORECASE)
_QUOTES = re.compile("'{2,}")
_HIDDEN_TAGS = frozenset({"div", "table", "figure", "script"})

_FIRST = ("nowrap", "nobr", "small", "smaller", "larger", "big", "ill", "interlanguage link", "abbr", "visible anchor",
          "vanchor", "em", "strong", "smallcaps", "sc", "noitalic", "not a typo", "as written", "proper name",
          "no wrap", "nw", "linktext", "wikt-lang", "quote", "blockquote", "cquote", "poem", "poemquote", "translation",
          "small caps", "rp-text", "plainlist", "plain list", "flatlist", "flat list", "nihongo")  # fmt: skip
_SECOND = ("lang", "transl", "transliteration", "respell", "langx", "font color", "font", "color", "script")
_LISTS = ("ubl", "unbulleted list", "unbulleted", "hlist", "bulleted list", "ublist", "plainlist", "flatlist")
_FIXED = {
    "'": "'", "'s": "'s", "\"'": "\"'", "'\"": "'\"", "-'": "'", "' \"": "' \"", "spaced en dash": " – ",
    "spaced ndash": " – ", "snd": " – ", "spnd": " – ", "ndash": "–", "en dash": "–", "mdash": "—", "em dash": "—",
    "spaced em dash": " — ", "snds": " – ", "dash": "–", "nbsp": " ", "spaces": " ", "shy": "", "zwsp": "",
    "ellipsis": "...", "dot": " · ", "!": "|", "=": "=", "(": "{", ")": "}",
}  # fmt: skip
"""What a template stands for. All others are layout, references and notes."""


def bare(wikitext: str) -> str:
    """Take out comments, references and whatever else shows no text, cheaply and before anything is parsed."""
    return _SWITCH.sub("", _UNSEEN.sub("", _COMMENT.sub("", wikitext)))


def plain(wikitext: str) -> str:
    """Return the text that a reader sees of bare wikitext; its lines are the wikitext's."""
    return _text(mwparserfromhell.parse(_without_tables(wikitext)))


def _without_tables(text: str) -> str:
    depth, kept, start = 0, [], 0
    for mark in _TABLE_MARK.finditer(text):
        if "{|" in mark[0]:
            if depth == 0:
                kept.append(text[start : mark.start()])
            depth += 1
        elif depth:
            depth -= 1
            start = mark.end()
    return "".join([*kept, text[start:]]) if depth == 0 else "".join(kept)


def _text(code: Wikicode) -> str:
    return "".join(_READERS.get(type(node), _nothing)(node) for node in code.nodes)


def _nothing(node: nodes.Node) -> str:
    return ""


def _plain_text(node: nodes.Text) -> str:
    # Quotes that are left belong to no pair: an italic that nobody closed.
    return _QUOTES.sub("", str(node.value))


def _entity(node: nodes.HTMLEntity) -> str:
    try:
        return str(node.normalize())
    except (ValueError, OverflowError):
        return ""


def _link(node: nodes.Wikilink) -> str:
    title = str(node.title)
    if _NOT_TEXT.match(title):
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
    if name in _HIDDEN_TAGS or node.contents is None:
        return ""
    return _text(node.contents)


def _template(node: nodes.Template) -> str:
    name = " ".join(str(node.name).replace("_", " ").split()).casefold()
    if name in _FIXED:
        return _FIXED[name]
    given = [_text(param.value) for param in node.params if not param.showkey]
    if name in _LISTS:
        named = [_text(param.value) for param in node.params if str(param.name).strip().isdigit()]
        return "\n".join(given or named)
    if name in _FIRST:
        text = given[0] if given else _text(node.get("1").value) if node.has("1") else ""
        return text or (_text(node.get("text").value) if node.has("text") else "")
    if name in _SECOND:
        return given[1] if len(given) > 1 else ""
    if name in ("convert", "cvt") and len(given) > 1:
        return f"{given[0]} {given[1]}"
    if name in ("circa", "c."):
        return f"c. {given[0]}" if given else "c. "
    return ""


_READERS: dict[type[nodes.Node], Callable[..., str]] = {
    nodes.Text: _plain_text,
    nodes.HTMLEntity: _entity,
    nodes.Wikilink: _link,
    nodes.ExternalLink: _external,
    nodes.Tag: _tag,
    nodes.Template: _template,
}
