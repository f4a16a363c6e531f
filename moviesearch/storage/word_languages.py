"""The languages whose words an index can stem. A collection has one of them, chosen when it is made."""

from __future__ import annotations

from moviesearch.errors import UsageError

ENGLISH = "en"

LANGUAGES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "it": "Italian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "ta": "Tamil",
    "tr": "Turkish",
}
"""Code (ISO 639-1) -> name, which in lower case is tantivy's name of the stemmer."""

_CODES = {name.casefold(): code for code, name in LANGUAGES.items()} | {"nb": "no", "nn": "no"}


def language_code(text: str) -> str:
    """The code of a language that is named by code or in English ("de", "German"). Raises UsageError for another."""
    wanted = text.strip().casefold()
    if code := wanted if wanted in LANGUAGES else _CODES.get(wanted):
        return code
    listing = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
    raise UsageError(f"there is no stemmer for {text!r:.80}. A collection's language is one of {listing}")
