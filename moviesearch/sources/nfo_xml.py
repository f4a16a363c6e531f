"""The bytes of an NFO file -> its XML as elements: in whatever encoding, safely, and as far as it is whole.

NFO files are written by many programs, and by hand: with the entities of HTML, a bare `&`, an encoding that isn't the
one declared, a web address behind the XML or instead of it. Nothing that a file declares is followed: a document type
with declarations is refused, so there are no entities to expand, and nothing is fetched.
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.sax.saxutils import escape

from .text import BYTE_ORDER_MARKS

LONGEST = 4 << 20
"""Bytes of the longest file that is read. With hundreds of picture addresses they have some hundred thousand."""

_DEEPEST = 32
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_OF_TEXT = re.compile(r"(?:cp|iso8859|gb|big5|shift_jis|euc_|koi8|mac|johab|tis)")
"""Encodings that a file may declare; Python knows others that are none of text, or slow."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BEGIN = re.compile(r"<[A-Za-z_?!]")
_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,300}>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]{0,1000}([>\[])", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#(\d{1,7}|[xX][0-9a-fA-F]{1,6});|(\w{1,32});)?", re.ASCII)
_BARE_LESS = re.compile(r"<(?![A-Za-z_/!?])")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class NfoXml(NamedTuple):
    """What is in a file: the outermost elements, all its text, and why elements are missing, if some are.

    Names of elements and attributes are in lower case, without prefixes.
    """

    roots: list[Element]
    text: str
    fault: str = ""


def parse(raw: bytes) -> NfoXml:
    """The elements of a file; what stands behind a mistake in its XML is left out."""
    if len(raw) > LONGEST:
        return NfoXml([], "", f"is longer than {LONGEST >> 20} MiB")
    text = _NOT_XML.sub("", decoded(raw))
    start = _BEGIN.search(text)
    if start is None:
        return NfoXml([], text)
    body = text[start.start() :]
    doctype = _DOCTYPE.search(body)
    if doctype and doctype[1] == "[":
        return NfoXml([], text, "declares a document type of its own, which isn't read, to be safe")
    body = _DOCTYPE.sub(_line_ends, _DECLARATION.sub(_line_ends, body))
    body = _REFERENCE.sub(_plain_reference, _BARE_LESS.sub("&lt;", _BREAK.sub("\n", body)))
    tree = _Tree()
    parser = XMLParser(target=tree)
    try:
        parser.feed(f"<nfo>{body}\n</nfo>")
        parser.close()
    except ParseError as error:
        line = text.count("\n", 0, start.start()) + error.position[0]
        reason = str(error).partition(":")[0]
        # Behind the last element stands no XML any more, but a remark or an address.
        return NfoXml(tree.roots, text, f"broken XML in line {line} ({reason})" if tree.is_open else "")
    except _TooDeepError:
        return NfoXml(tree.roots, text, f"its XML is nested more than {_DEEPEST} deep")
    return NfoXml(tree.roots, text)


def decoded(raw: bytes) -> str:
    """The text of a file: by its byte order mark, else as UTF-8, as it declares, or as Windows-1252.

    What is UTF-8 is hardly ever anything else, whatever it declares.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace")
    if raw[:4].strip(b"\x00") != raw[:4] or b"\x00" in raw[:4]:
        encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
        return raw.decode(encoding, errors="replace")
    for encoding in ("utf-8", _declared(raw)):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", errors="replace")


def _declared(raw: bytes) -> str:
    declared = _DECLARED.search(raw[:500])
    try:
        name = codecs.lookup(declared[1].decode()).name if declared else ""
    except LookupError:
        name = ""
    # Browsers too take Latin-1 for Windows-1252: it has all of its letters, and quotes and dashes.
    return name if _OF_TEXT.match(name) and name != "iso8859-1" else "cp1252"


def _line_ends(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _plain_reference(reference: re.Match[str]) -> str:
    """A reference as XML knows it: `&eacute;` is é, and the `&` of "Lilo & Stitch" is one."""
    number, name = reference.groups()
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        is_char = code <= 0x10FFFF and not _NOT_XML.match(chr(code))
        return reference[0] if is_char else ""
    if name in _XML_NAMES:
        return reference[0]
    if name and f"{name};" in html5:
        return escape(html5[f"{name};"])
    return f"&amp;{reference[0][1:]}"


class _TooDeepError(Exception):
    pass


class _Tree:
    """Builds elements, each in its parent as soon as it begins, so that those before a mistake are kept."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._top: Element | None = None
        self._text: list[str] = []  # of the element that is open, since the last tag

    @property
    def roots(self) -> list[Element]:
        self._flush()
        return list(self._top) if self._top is not None else []

    @property
    def is_open(self) -> bool:
        """Whether an element is open, apart from that around all."""
        return len(self._open) > 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _DEEPEST:
            raise _TooDeepError
        self._flush()
        element = Element(_bare(tag), {_bare(name): value for name, value in attributes.items()})
        if self._open:
            self._open[-1].append(element)
        else:
            self._top = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._flush()
        self._open.pop()

    def data(self, text: str) -> None:
        self._text.append(text)

    def close(self) -> None:
        return None

    def _flush(self) -> None:
        text, self._text = "".join(self._text), []
        if self._open and text:
            element = self._open[-1]
            if len(element):
                element[-1].tail = text
            else:
                element.text = text


def _bare(name: str) -> str:
    return name.rpartition(":")[2].lower()
