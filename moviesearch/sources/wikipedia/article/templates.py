"""A template's name and arguments -> the words that a reader of the page sees. Pure functions.

Templates are small programs that only the wiki can run, so those that plots use are known here by name. What only lays
out, cites or complains shows nothing. Of the others the first argument is shown where it is prose.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping

from .template_names import CURRENCIES, HIDDEN, LANGUAGES, QUOTATIONS, SHIP_PREFIXES, SHOWS, SIGNS

APOSTROPHE = "\ufdd0"
"""An apostrophe that is no part of a mark of italics or bold, wherever it comes to stand."""
LINE_BREAK = "\ufdd1"
"""A line break, unless there is one already."""

_PREFIX = re.compile(r"^(?:(?:subst|safesubst|template) ?: ?)+", re.IGNORECASE)
_FUNCTION = re.compile(r"(formatnum|lc|uc|lcfirst|ucfirst) ?: ?(.*)", re.IGNORECASE | re.DOTALL)
_NO_PROSE = re.compile(
    r"section|article|page|list|lead|paragraph|sentence|left|right|both|center|none|y|yes|n|no|https?:.*"
    r"|(?:file|image) ?:.*|.*\.(?:jpe?g|png|gif|svg|webp|og[gva]|webm|mp3|wav|midi?)",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]+)?|#\w+|[\d.]+ ?(?:px|em|%)?")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*$")


class Arguments:
    """A template's arguments as plain text: by name, or by number from "1" on. One that is missing is empty."""

    def __init__(self, texts: Mapping[str, Callable[[], str]]) -> None:
        self._texts = texts

    def __call__(self, *names: str) -> str:
        """Return the first of these that holds anything, without the spaces around it."""
        return next((text for name in names if (text := self.as_written(name).strip(f" \t\n{LINE_BREAK}"))), "")

    def as_written(self, *names: str) -> str:
        """Return the first of these that holds anything, with the spaces around it."""
        return next((text for name in names if name in self._texts and (text := self._texts[name]())), "")

    def numbered(self) -> list[str]:
        """Return all that have a number, in order, without empty ones."""
        numbers = sorted(int(name) for name in self._texts if name.isascii() and name.isdigit())
        return [text for number in numbers if (text := self(str(number)))]


def shown(name: str, args: Arguments, *, alone: bool) -> str:
    """Return what a template shows with these arguments. `alone`: it has its line for itself, as notices have."""
    name = _PREFIX.sub("", " ".join(name.replace("_", " ").split()))
    if function := _FUNCTION.fullmatch(name):
        return _function(function[1].casefold(), function[2])
    name = name.casefold()
    if name in SIGNS:
        return SIGNS[name].replace("'", APOSTROPHE)
    if name in SHOWS:
        return args.as_written(SHOWS[name], "text", "quote", "content")
    if name in QUOTATIONS:
        return f"{LINE_BREAK}{args('2' if name == 'rquote' else '1', 'text', 'quote', 'content')}{LINE_BREAK}"
    if name in _SHOWN_BY:
        return _SHOWN_BY[name](args)
    if name in CURRENCIES:
        return _money(CURRENCIES[name], args)
    if name in SHIP_PREFIXES:
        return _ship(SHIP_PREFIXES[name], args("1"), args("2"), args("3"))
    if name.startswith("lang-"):
        return _in_language(
            name.removeprefix("lang-"), args("1", "text"), args("2", "translit"), args("3", "lit"), args
        )
    if re.fullmatch(r"\d+/\d+", name):
        return name
    return "" if HIDDEN.match(name) else _prose(args, alone)


def _prose(args: Arguments, alone: bool) -> str:
    """Return what may be the words of a template that isn't known.

    On a line of its own it may be a notice: only a sentence counts there. Within a line it is the first argument, or
    the second where the first is a code such as "fr" or "80%".
    """
    texts = args.numbered()
    if alone:
        return next((text for text in texts if len(text.split()) > 3 and _SENTENCE_END.search(text)), "")
    if not texts or _NO_PROSE.fullmatch(texts[0]):
        return ""
    text = texts[1] if len(texts) > 1 and _CODE.fullmatch(texts[0]) else texts[0]
    return text if any(map(str.isalpha, text)) else ""


def _function(name: str, text: str) -> str:
    if name == "formatnum":
        return _grouped(text)
    first = text[:1].upper() if name == "ucfirst" else text[:1].lower()
    return text.upper() if name == "uc" else text.lower() if name == "lc" else first + text[1:]


def _spaced(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _all(separator: str) -> Callable[[Arguments], str]:
    return lambda args: separator.join(args.numbered())


def _listed(last: str) -> Callable[[Arguments], str]:
    """Show the arguments as a list in a sentence: `a, b and c`."""

    def show(args: Arguments) -> str:
        items = args.numbered()
        return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)

    return show


def _after(word: str) -> Callable[[Arguments], str]:
    """Show a word and then the arguments: `née Smith`, `c. 1900–1910`."""
    return lambda args: _spaced(word, "–".join(args.numbered()[:2]))


def _between(before: str, after: str) -> Callable[[Arguments], str]:
    return lambda args: f"{before}{text}{after}" if (text := args("1", "text")) else ""


# Numbers.


def _grouped(number: str) -> str:
    whole, point, rest = number.strip().partition(".")
    return f"{int(whole):,}{point}{rest}" if re.fullmatch(r"[0-9]{4,15}", whole) else number.strip()


def _fraction(args: Arguments) -> str:
    parts = args.numbered()
    return " ".join([*parts[:-2], "/".join(parts[-2:] if len(parts) > 1 else ["1", *parts])]) if parts else ""


def _ordinal(args: Arguments) -> str:
    number = args("1")
    if not number:
        return ""
    return number + ("th" if number[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th"))


_NUMBER = re.compile(r"[-−+]?[\d.,]+(?:\+\d+)?(?:[/⁄]\d+)?")
_RANGE = {"-": "–", "–": "–", "to": " to ", "to(-)": " to ", "and": " and ", "and(-)": " and ", "or": " or ",
          "by": " by ", "x": " × ", "xx": " × ", "×": " × ", "*": " × ", "+/-": " ± ", "±": " ± "}  # fmt: skip
_UNITS = {"C": "°C", "F": "°F", "sqmi": "sq mi", "sqft": "sq ft", "km2": "km²", "m2": "m²", "m3": "m³", "kn": "knots",
          "cuft": "cu ft", "usgal": "US gal", "USgal": "US gal", "impgal": "imp gal", "acre": "acres"}  # fmt: skip
_SCALES = {"e3": "thousand ", "e6": "million ", "e9": "billion "}


def _measure(args: Arguments) -> str:
    """Return a measure as the article has it, not what the wiki converts it to: `6 ft 4 in`, `100–200 km`."""
    words = args.numbered()
    amount = ""
    while words and (_NUMBER.fullmatch(words[0]) or (amount and words[0] in _RANGE)):
        word = words.pop(0)
        amount += _RANGE.get(word) or _grouped(word.replace("+", " "))
    text = f"{amount} {_unit(words[0])}" if words else amount
    if len(words) > 2 and _NUMBER.fullmatch(words[1]) and not _NUMBER.fullmatch(words[2]):
        text += f" {words[1]} {_unit(words[2])}"
    return text.strip()


def _unit(word: str) -> str:
    scale = _SCALES.get(word[:2], "")
    word = word[2:] if scale else word
    return scale + _UNITS.get(word, word)


def _height(args: Arguments) -> str:
    return _spaced(*(f"{value} {unit}" for unit in ("ft", "in", "m", "cm") if (value := args(unit))))


_THOUSANDS = {"k": "thousand", "m": "million", "b": "billion", "t": "trillion", "l": "lakh", "c": "crore",
              "lc": "lakh crore"}  # fmt: skip


def _money(symbol: str, args: Arguments) -> str:
    if symbol == "£" and args("l", "s", "d"):
        return _spaced(args("l") and f"£{args('l')}", args("s") and f"{args('s')}s", args("d") and f"{args('d')}d")
    return _spaced(f"{symbol}{_grouped(args('1', 'amount'))}", _THOUSANDS.get(args("2"), ""))


def _currency(args: Arguments) -> str:
    code = args("2", "type", "first") or "USD"
    return f"{CURRENCIES.get(code.casefold(), f'{code} ')}{_grouped(args('1', 'amount'))}"


# Ships.


def _ship(prefix: str, name: str, mark: str, form: str) -> str:
    """Show a ship: `USS Enterprise (CV-6)`, or less of it, as the number in `form` says."""
    in_brackets = mark and f"({mark})"
    parts = {"1": (mark,), "2": (name,), "3": (name, in_brackets), "5": (prefix, mark), "6": (prefix, name)}
    return _spaced(*parts.get(form, (prefix, name, in_brackets)))


# Dates.

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def _day(year: str, month: str, day: str, *, day_first: bool) -> str:
    if month.isdecimal() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    if not month or not day:
        return _spaced(month, year)
    return f"{day} {month} {year}" if day_first else f"{month} {day}, {year}"


def _date(args: Arguments) -> str:
    return _day(args("1"), args("2"), args("3"), day_first=args("df") in ("y", "yes"))


def _as_of(args: Arguments) -> str:
    if args("alt"):
        return args("alt")
    since = args("since") in ("y", "yes")
    word = "since" if since else "as of"
    word = "" if args("bare") else word if args("lc") in ("y", "yes") else word.capitalize()
    return _spaced(word, _day(args("1"), args("2"), args("3"), day_first=args("df").casefold() != "us")) + args("post")


def _age(args: Arguments) -> str:
    """Return the years from one day to another, or to today, as the wiki counts them."""
    try:
        year, month, day, *until = (int(part) for part in args.numbered())
        today = datetime.date.today()
        end = tuple(until[:3]) or (today.year, today.month, today.day)
        return str(end[0] - year - (tuple(end[1:]) < (month, day)[: len(end) - 1]))
    except ValueError:
        return ""


# Languages.


def _in_language(code: str, text: str, roman: str, meaning: str, args: Arguments) -> str:
    """Show words of a language: `Russian: Кино, romanized: Kino, lit. 'film'`."""
    if code == "zh":
        return _chinese(args)
    label = "" if args("label") in ("none", "no") else args("label") or LANGUAGES.get(code.partition("-")[0], "")
    parts = [text, roman and f"romanized: {roman}", meaning and f"lit. {APOSTROPHE}{meaning}{APOSTROPHE}"]
    words = ", ".join(part for part in parts if part)
    return f"{label}: {words}" if label and words else words


def _language_and_words(args: Arguments) -> str:
    return _in_language(args("1"), args("2", "text"), args("3", "translit"), args("4", "lit", "translation"), args)


def _labelled(labels: dict[str, str]) -> Callable[[Arguments], str]:
    """Show named arguments, each after its label."""

    def show(args: Arguments) -> str:
        bare = args("labels") == "no"
        return "; ".join(
            args(name) if bare else f"{label}: {args(name)}" for name, label in labels.items() if args(name)
        )

    return show


_chinese = _labelled(
    {"c": "Chinese", "t": "traditional Chinese", "s": "simplified Chinese", "p": "pinyin", "l": "literally"}
)
_korean = _labelled({"hangul": "Korean", "hanja": "Hanja", "rr": "RR", "mr": "MR", "lit": "literally"})


def _japanese(args: Arguments) -> str:
    """Show `The River (川, Kawa)`; the first word is the romanized one where there is no English one."""
    first, *others = (args("1"), args("2"), args("3")) if args("1") else (args("3"), args("2"))
    return _spaced(_with_brackets(first, *others, args("4", "extra")), args("5", "extra2"))


def _with_brackets(first: str, *others: str) -> str:
    in_brackets = ", ".join(filter(None, others))
    return _spaced(first, in_brackets and f"({in_brackets})")


def _of_each(table: dict[str, Callable[[Arguments], str]]) -> dict[str, Callable[[Arguments], str]]:
    return {name.strip(): show for names, show in table.items() for name in names.split(",")}


_SHOWN_BY = _of_each({
    "ubl, ublist, ubli, unbulleted list, unbulleted, hlist, bulleted list, bulletedlist, blist, ordered list, "
    "numbered list, collapsible list, br separated entries, verse translation": _all("\n"),
    "not a typo, notatypo, sic, shy, linktext, chem, gaps, notypo": _all(""),
    "sortname": lambda args: _spaced(args("1"), args("2")),
    "respell, prespell": _all("-"),
    "key press, keypress, button": _all("+"),
    "cslist, comma separated entries, pagelist": _all(", "),
    "enum, and list, enumerate": _listed("and"),
    "or list": _listed("or"),
    "née, nee": _after("née"),
    "né": _after("né"),
    "circa, c., ca., circa2": lambda args: " – ".join(f"c. {year}" for year in args.numbered()) or "c.",
    "floruit, fl., fl": _after("fl."),
    "born in, born-in, b.": _after("b."),
    "died in, died-in, d.": _after("d."),
    "married in, married-in": _after("m."),
    "reign, r.": _after("r."),
    "numero, no., nº": _after("No."),
    "ad, anno domini": _between("AD ", ""),
    "lit, lit., literal, literal translation, literally": _between(f"lit. {APOSTROPHE}", APOSTROPHE),
    "gloss": _between(APOSTROPHE, APOSTROPHE),
    "bc": _between("", " BC"), "bce": _between("", " BCE"), "ce": _between("", " CE"),
    "interp, interpolation, bracket, brackets": _between("[", "]"),
    "angbr, angle bracket": _between("⟨", "⟩"),
    "frac, fract, fraction, sfrac, sfraction, fracn, frac2": _fraction,
    "ordinal, ord, nth": _ordinal,
    "val": lambda args: _spaced(_grouped(args("1")), args("u", "ul", "up")),
    "convert, cvt": _measure,
    "height, hgt": _height,
    "currency": _currency,
    "ship, ship2": lambda args: _ship(args("1"), args("2"), args("3"), args("4")),
    "sclass, sclass-, sclass2, sclass2-, ship class": lambda args: (
        _spaced(args("1") and f"{args('1')}-class", args("2"))
    ),
    "start date, end date, birth date, death date, birth date and age, death date and age, start date and age, "
    "end date and age, dts, bda, dob": _date,
    "as of, asof": _as_of,
    "oldstyledate, old style date": lambda args: _spaced(args("1"), args("3") and f"[O.S. {args('3')}]", args("2")),
    "age, age in years": _age,
    "langx": _language_and_words,
    "transliteration, transl, translit, tlit, xlit": lambda args: args("3", "2"),
    "zh, zhi": _chinese,
    "korean, ko, ko-hhrm": _korean,
    "nihongo, nihongo4": _japanese,
    "nihongo3": lambda args: _with_brackets(args("3"), args("2"), args("1"), args("4", "extra")),
    "nihongo krt, nihongokrt": lambda args: _with_brackets(args("2"), args("3"), args("1"), args("4", "extra")),
    "ill, illm, ilm, interlanguage link, interlanguage link multi, link-interwiki": lambda args: args("lt", "1", "en"),
    "section link, slink": lambda args: f"{args('1')} § {args('2')}".strip(" §"),
    "w": lambda args: args("2", "1"),
    "font color, fontcolor, font colour, background color, bgcolor": lambda args: args("3", "2"),
    "su": lambda args: args("p") + args("b"),
    "music": lambda args: {"sharp": "♯", "#": "♯", "flat": "♭", "b": "♭", "natural": "♮"}.get(args("1"), args("1")),
})  # fmt: skip
"""Template -> what shows it."""
