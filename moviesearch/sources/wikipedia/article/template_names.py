"""The names of the templates that film articles use, by what they show. In lower case, with spaces."""

from __future__ import annotations

import re


def _of_each(table: dict[str, str]) -> dict[str, str]:
    """Turn what is shown -> "name, other name" around: name -> what is shown."""
    return {name.strip(): shown for shown, names in table.items() for name in names.split(",")}


SIGNS = {
    "'": "'", "'s": "'s", "s'": "s'", "\"'": "\"'", "'\"": "'\"", "' \"": "' \"", "\" '": "\" '", "-'": "'", "'-": "'",
    "single+double": "'\"", "double+single": "\"'", "!": "|", "=": "=", "(": "{", ")": "}", "((": "{{", "))": "}}",
    "·": " · ", "...": "...",
} | _of_each({
    " – ": "spaced en dash, spaced ndash, snd, snds, spnd, dash",
    "–": "ndash, en dash, endash, nbnd, –",
    " — ": "spaced em dash, spaced mdash, smd",
    "—": "mdash, em dash, emdash, —",
    "-": "hyphen, nbhyph, nbh, non-breaking hyphen",
    " ": "nbsp, nbs, spaces, space, sp, thinsp, thin space, thinspace, hair space, hairsp, hsp, nnbsp, nnbs, ensp, "
         "emsp, figure space, figsp, en space, em space, narrow no-break space, pad, gap, indent, in5, nb5",
    "": "wj, word joiner, zwsp, zwj, zwnj, wbr",
    "\n": "br, break, brk, crlf, pb, paragraph break, newline, new line",
    "...": "ellipsis, ldots", " · ": "dot, middot, interpunct", " • ": "•, bull, bullet", "1/2": "half",
    "|": "pipe", "*": "asterisk", "#": "hash, number sign", "№": "numero sign", "§": "section sign", "†": "dagger, †",
    "‡": "double dagger, ‡", "′": "prime", "″": "pprime", "ʻ": "okina", "ʾ": "hamza", "ʿ": "ayin", "♯": "sharp",
    "♭": "flat", "♮": "natural", "™": "tm, trademark", "©": "copyright", "°": "deg, degree, degrees", "π": "pi",
    "∞": "infinity", "×": "times", "−": "minus", "±": "plusminus",
})  # fmt: skip
"""Template -> its text, whatever its arguments."""

SHOWS = _of_each({
    "1": "nowrap, nobr, nobreak, no wrap, nw, awrap, avoid wrap, wrap, small, smaller, smalldiv, larger, big, bigger, "
         "large, huge, midsize, em, strong, bold, italic, italics, underline, strike, strikethrough, nobold, no bold, "
         "normal, noitalic, no italic, noitalics, nonitalic, smallcaps, small caps, smallcaps all, sc, sc1, sc2, "
         "allcaps, all caps, caps, uppercase, mono, monospace, code, kbd, samp, var, mvar, math, key, char, highlight, "
         "sup, superscript, sub, subscript, abbr, abbrv, abbreviation, tooltip, abbrlink, visible anchor, vanchor, "
         "anchord, proper name, as written, typo, delink, nolink, no link, format link, annotated link, link, tq, qq, "
         "translation, rp-text, plainlist, plain list, flatlist, flat list, columns-list, columns list, col-list, "
         "cast list, center, centre, centered, block indent, blockindent, stack, drop cap, dropcap, drop initial, "
         "dropinitial, nihongo2, nihongo foot, unicode, polytonic, hebrew, arabic, nastaliq, flag, flagcountry, flagu, "
         "date, time, nts, birth year and age, birth-date, death-date, start-date, end-date, marriage, chem2, nowiki, "
         "text, citation needed span, cn span, cns, fact span, clarify span, dubious span, disputed span, "
         "better source needed span, explain span, update span, format price",
    "2": "lang, langr, script, audio, wikt-lang, color, colour, colored text, resize, hover title, h:title, align, "
         "rtl-lang, sort, left margin, legend",
})  # fmt: skip
"""Template -> the number of the argument that it shows."""

QUOTATIONS = frozenset((
    "quote", "blockquote", "block quote", "bquote", "bq", "cquote", "rquote", "quotation", "pull quote", "pullquote",
    "centered pull quote", "quote without source", "poem", "poemquote", "poem quote",
))  # fmt: skip
"""Templates of a quotation, which stands on lines of its own."""

CURRENCIES = _of_each({
    "US$": "us$, usd, us dollar", "£": "£, gbp, gb£, uk£, pound sterling, £sd", "€": "€, euro, euros, eur",
    "₹": "₹, inr, rs, rs., indian rupee, indian rupees, inrconvert", "¥": "¥, jpy, jp¥, yen, japanese yen",
    "CN¥": "cn¥, cny, rmb, renminbi, yuan", "A$": "a$, au$, aud", "CA$": "ca$, c$, cad, can$", "NZ$": "nz$, nzd",
    "HK$": "hk$, hkd", "S$": "s$, sgd", "NT$": "nt$, twd, ntd", "R$": "r$, brl", "Mex$": "mex$, mxn",
    "₩": "₩, krw, south korean won", "₱": "₱, php, philippine peso", "RM": "myr", "฿": "฿, thb, baht",
    "₽": "₽, rub, russian ruble", "₺": "₺, turkish lira", "₴": "₴, uah, hryvnia", "₪": "₪, ils, nis", "₫": "₫, vnd",
    "৳": "৳, bdt, taka", "₦": "₦, ngn, naira, nigerian naira", "Rp": "idr", "CHF ": "chf, swiss franc", "SEK ": "sek",
    "NOK ": "nok", "DKK ": "dkk", "ISK ": "isk", "PLN ": "pln", "CZK ": "czk", "HUF ": "huf", "DM ": "dem",
    "FRF ": "frf, french franc", "ITL ": "itl, italian lira", "ESP ": "esp, peseta", "ZAR ": "zar", "PKR ": "pkr",
    "LKR ": "lkr", "NPR ": "npr", "EGP ": "egp", "IR£": "iep, ir£", "AED ": "aed", "SAR ": "sar", "ARS ": "ars",
})  # fmt: skip
"""Template, or code of a currency in lower case -> what stands before the amount."""

SHIP_PREFIXES = {
    prefix.casefold(): prefix for prefix in (
        "ARA", "ARC", "ARM", "BAP", "BNS", "BRP", "CCGS", "CSS", "CS", "FGS", "GTS", "HDMS", "HMAS", "HMCS", "HMHS",
        "HMIS", "HMNZS", "HMS", "HMSAS", "HMT", "HMY", "HNLMS", "HNoMS", "HSwMS", "HTMS", "INS", "JDS", "JS", "KD",
        "KRI", "LÉ", "MF", "MS", "MT", "MV", "MY", "NMS", "NRP", "ORP", "PNS", "PS", "RFA", "RMAS", "RMS", "RNLB",
        "ROCS", "ROKS", "RPS", "RRS", "RSS", "RV", "SAS", "SLNS", "SM", "SMS", "SS", "SSV", "ST", "SV", "TCG", "TS",
        "TSS", "USAHS", "USAT", "USAV", "USCGC", "USLHT", "USNS", "USRC", "USS",
    )
}  # fmt: skip
"""Template of a ship -> the prefix of its name."""

LANGUAGES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "bo": "Tibetan", "br": "Breton", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish",
    "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French",
    "ga": "Irish", "gd": "Scottish Gaelic", "gl": "Galician", "grc": "Ancient Greek", "gu": "Gujarati",
    "haw": "Hawaiian", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh",
    "km": "Khmer", "kn": "Kannada", "ko": "Korean", "ku": "Kurdish", "la": "Latin", "lt": "Lithuanian",
    "lv": "Latvian", "mi": "Māori", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi",
    "ms": "Malay", "nb": "Norwegian Bokmål", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian Nynorsk",
    "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sa": "Sanskrit", "sh": "Serbo-Croatian", "si": "Sinhala", "sk": "Slovak", "sl": "Slovene",
    "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese",
    "yi": "Yiddish", "yue": "Cantonese", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
"""Code of a language -> its name, as `{{lang-fr}}` and `{{langx|fr}}` show it before the words."""

HIDDEN = re.compile(
    r"#|.*:|infobox|navbox|sidebar|cite\b|citation|sfn|harv|efn|refn?$|refs?\b|reflist|r$|rp$|notes?\b|notelist"
    r"|anchors?\b|main\b|see\b|further|details\b|about\b|for\b|hatnote|selfref|distinguish|redirect|other\b|short desc"
    r"|multiple\b|unref|refimprove|more\b|clean ?up|clarif|expand\b|empty|plot|all plot|no plot|long\b|too long|tone$"
    r"|very long|copy ?edit|in[- ]universe|use \w+|engvar|pp\b|authority|defaultsort|displaytitle|italic title"
    r"|lowercase|coord|image|(?:wide|double|css|photo) ?(?:image|montage)|listen$|audio-|video|external|clear|toc|col-"
    r"|div col|div$|portal|commons|wiktionary|wikiquote|wikisource|who\b|whom|when\b|where\b|which\b|why\b|how\b|what\b"
    r"|huh$|by whom|says who|vague|specify|weasel|peacock|dubious|disputed|contradict|discuss|confus|explain|elucidate"
    r"|ambiguous|awkward|incomprehens|importance|relevance|undue|speculat|original|fact$|f?cn$|[bd]n$|bsn$|pn$|failed"
    r"|dead|verif|page\b|webarchive|isbn|oclc|doi|imdb|flag ?icon|flagdeco|inflation|to usd|time ago|hs$|ntsh|sortkey"
    r"|dtsh|void|comment|(?:end ?)?spoiler|update|outdated|unbalanced|unreliable|better source|pov|fix\b|subscription"
    r"|registration|bare url|[-0]$|family tree|(?:tree )?chart|prose\b|technical|quote ?box|rating|album|track|ipa"
    r"|pronunciation|spoken|disamb|hndis|surname|film date|based on"
    r"|.*(?:needed|inline|\?|[ -](?:stub|icon|sidebar|navbox|footer|topics))$"
)
"""Matches the names of templates that show no words of the text: notes, notices, references, layout and pictures."""
