"""Whether a question is plainly in another language, and what to tell the person who asks it. Pure.

Cleaning and hints are made for English, and so are the models that come with moviesearch; words are stemmed as those of
the collection's language. A question is in another language where it has several of that language's function words and
few English ones, or fewer of them and letters that English lacks, or is in another script. A short text may be a title
("Das Boot", "La La Land"), and is not taken for another language; that it is in another script is said all the same.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from moviesearch.storage.word_languages import ENGLISH, LANGUAGES

from .patterns import late

ENGLISH_MODELS = frozenset(("all-MiniLM-L6-v2", "all-mpnet-base-v2"))
"""Models that were made for English; what others were made for is not known here."""

_WORD = late(r"[^\W\d_]+")
_LANGUAGES = {
    "German": """der das den dem des ein eine einen einem einer und ist sind nicht sich auf aus bei mit nach von zu
        zum zur im ins wird werden wurde hat haben hatte auch aber oder als wie wenn dass weil sein seine
        seinen ihr ihre ihren er sie es ich wir alles nur noch durch gegen für über wo""",
    "French": """le la les un une des du et est sont dans sur avec pour par qui que quoi ne pas plus se sa ses son
        ces cette il elle ils elles je nous vous leur leurs au aux mais ou où comme tout son été fait avait
        était""",
    "Spanish": """el la los las un una unos unas y es son en con por para que quien se su sus del al lo como pero más
        muy cuando donde ella ellos yo había fue está este esta ese esa no sin sobre entre hasta hay le les""",
    "Italian": """il la lo gli un una uno e è sono che chi con per di del della dei delle da dal nel nella si suo sua
        suoi sue non come ma più quando dove lui lei loro viene ha hanno era questo questa sul sulla al alla""",
    "Portuguese": """o os um uma uns umas e é são em no na nos nas com por para que quem se seu sua seus suas do da dos
        das ao à não mais mas como quando onde ele ela eles elas foi está sobre até pelo pela""",
    "Dutch": """de het een en van op met voor door bij uit naar niet zich zijn haar hij zij ze wordt worden werd
        heeft had dat deze die ook maar als wie waar wanneer om te aan over hun er geen""",
    "Swedish": """en ett och är att det den som på av för med till från inte han hon sin sitt sina hans hennes de dem
        sig var när där men om har hade blir efter vid under""",
    "Danish": """en et og er at det den som på af for med til fra ikke han hun sin sit sine hans hendes de dem sig
        var når hvor men om har havde bliver efter ved""",
    "Norwegian": """en et og er å det den som på av for med til fra ikke han hun sin sitt sine hans hennes de dem seg
        var når hvor men om har hadde blir etter ved""",
    "Polish": """i w z na do nie się jest są że który która które jego jej ich ale o po od za przez dla jak gdy kiedy
        gdzie ten ta to tym był była być on ona""",
    "Turkish": """bir ve bu ile için da de olan olarak çok onun gibi daha ama ne kadar sonra ki kendi değil var yok""",
}
_ENGLISH = frozenset(
    """a an and are as at be but by for from had has have he her his i in is it not of on or she that the their they
    this to was were where who with when what which""".split()
)
_FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _LANGUAGES.items()}
_SCRIPTS = {
    "CYRILLIC": "Cyrillic letters",
    "GREEK": "Greek",
    "HEBREW": "Hebrew",
    "ARABIC": "Arabic letters",
    "DEVANAGARI": "an Indian script",
    "BENGALI": "an Indian script",
    "TAMIL": "an Indian script",
    "TELUGU": "an Indian script",
    "MALAYALAM": "an Indian script",
    "THAI": "Thai",
    "HANGUL": "Korean",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "CJK": "Chinese or Japanese",
}
_LETTERS_ALONE = (" letters", " script")
"""How the names end of what is written in many languages."""
_ALIKE = (frozenset(("Danish", "Norwegian", "Swedish")),)
"""Languages that a few words can't tell apart."""
_WRITTEN_IN = {"ar": "Arabic letters", "el": "Greek", "ru": "Cyrillic letters", "ta": "an Indian script"}
"""Languages, by their codes, that are told by their script."""
_LETTERS = {
    "German": "äöüß",
    "French": "àâçèéêëîïôùûœ",
    "Spanish": "áéíñóúü",
    "Italian": "àèéìòù",
    "Portuguese": "àáâãçéêíóôõú",
    "Dutch": "éëï",
    "Swedish": "åäöé",
    "Danish": "æøåé",
    "Norwegian": "æøåé",
    "Polish": "ąćęłńóśźż",
    "Turkish": "çğıöşüâî",
}
"""The letters of languages that are not in ASCII."""
_OWN_LETTERS = {"Polish": "ąęłśźż", "Turkish": "ğış"}
"""Those that no other of these languages has."""
_FEWEST_WORDS = 6
_FEWEST_WORDS_WITH_LETTERS, _FEWEST_WITH_OWN_LETTERS = 5, 4
_FEWEST_LETTERS = 16
_FEWEST_CHARACTERS = 9  # where a character is a syllable or a word
_FEWEST_FUNCTION_WORDS = 3
_READ = 2_000
"""Characters of a question that are looked at."""


def language_of(question: str) -> str | None:
    """What a question is plainly written in ("German", "Cyrillic letters"); None for English or where it is unclear."""
    text = question[:_READ]
    words = [word.lower() for word in _WORD.findall(text)]
    if text.isascii():
        return _by_function_words(words)
    return _script(text) or _by_function_words(words) or _by_letters(words)


def language_note(question: str, model: str, words: str = ENGLISH) -> str | None:
    """What to tell a person whose question is plainly not in the collection's language.

    `words` is the code of that language, by which words are stemmed. Nothing is said of a question in English.
    """
    language = language_of(question) or (None if question.isascii() else _script(question[:_READ], title_too=True))
    if language is None:
        return None
    looks = f"the question {'is written in' if language.endswith(_LETTERS_ALONE) else 'looks like'} {language}"
    if words != ENGLISH:
        if _may_be(words, language):
            return None
        name = LANGUAGES[words]
        return f"{looks}, and the words here are {name}: asked in {name}, it may find more"
    subject = (
        f"the model {model} and the cleaning of questions are"
        if model in ENGLISH_MODELS
        else ("the cleaning of questions is")
    )
    return f"{looks}, and {subject} made for English: asked in English, it may find more"


def _may_be(code: str, looks_like: str) -> bool:
    """Whether a question that looks like one language may be in that of the code."""
    if code in _WRITTEN_IN:
        return looks_like == _WRITTEN_IN[code]
    name = LANGUAGES[code]
    if name not in _LANGUAGES:
        return looks_like in _LANGUAGES  # its function words are unknown, and may be taken for those of another
    return looks_like == name or any({name, looks_like} <= alike for alike in _ALIKE)


def _by_function_words(words: list[str]) -> str | None:
    if len(words) < _FEWEST_WORDS:
        return None
    english = sum(word in _ENGLISH for word in words)
    counts = {
        language: (len(function_words.intersection(words)), sum(word in function_words for word in words))
        for language, function_words in _FUNCTION_WORDS.items()
    }
    language, (different, count) = max(counts.items(), key=lambda item: item[1])
    plain = different >= _FEWEST_FUNCTION_WORDS and count > 2 * english and 4 * count >= len(words)
    return language if plain else None


def _by_letters(words: list[str]) -> str | None:
    """The language of a shorter text, by letters that English lacks beside its function words."""
    if any(word in _ENGLISH for word in words):
        return None
    foreign = {letter for word in words for letter in word if not letter.isascii()}
    counts: dict[str, int] = {}
    for language, letters in _LETTERS.items():
        different = len(_FUNCTION_WORDS[language].intersection(words))
        own = sum(letter in _OWN_LETTERS.get(language, "") for word in words for letter in word)
        fewest = _FEWEST_WITH_OWN_LETTERS if own > 1 else _FEWEST_WORDS_WITH_LETTERS
        if foreign <= set(letters) and len(words) >= fewest and different >= (1 if own > 1 else 2):
            counts[language] = different + own
    return max(counts, key=lambda language: counts[language]) if foreign and counts else None


def _script(text: str, *, title_too: bool = False) -> str | None:
    letters = [letter for letter in text if letter.isalpha()]
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in letters if not letter.isascii())
    scripts = Counter({script: count for script, count in scripts.items() if script in _SCRIPTS})
    if not scripts or 2 * sum(scripts.values()) < len(letters):
        return None
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    script = "HIRAGANA" if kana and scripts["CJK"] else max(sorted(scripts), key=lambda name: scripts[name])
    fewest = _FEWEST_CHARACTERS if script in ("CJK", "HANGUL", "HIRAGANA", "KATAKANA") else _FEWEST_LETTERS
    return _SCRIPTS[script] if title_too or len(letters) >= fewest else None
