"""The words by which a Wikipedia's articles on films are known, one table a language.

English has rules of its own beside its table: `categories` and `sections` have them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moviesearch.errors import UsageError


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    `plots` are titles of plot sections, the best first, in lower case. `film_titles` are the titles that a film's page
    may have, the likeliest first, with `{title}` and `{year}`; `in_brackets` is what such a title ends with.

    A category that `of_films` matches is one of films; group 1 of `released` is a year, of `of_country`, in lower case,
    what may be a key of `countries`. `genres` are parts of categories, in lower case. In a first sentence, behind
    `copula`, the first of `film` and `other_work` tells which it is of; the last of them where `noun_last`.

    `box` matches the name of a film's box in wikitext, `fields` gives what its parameters are called, and `category`
    what a link to a category begins with.
    """

    language: str
    plots: tuple[str, ...]
    film_titles: tuple[str, ...]
    in_brackets: re.Pattern[str]
    disambiguation: re.Pattern[str]
    category: str
    box: str
    fields: Mapping[str, Sequence[str]]
    of_films: re.Pattern[str] = re.compile(r"(?!)")
    released: re.Pattern[str] = re.compile(r"(?!)")
    of_country: re.Pattern[str] = re.compile(r"(?!)")
    copula: re.Pattern[str] = re.compile(r"(?!)")
    film: re.Pattern[str] = re.compile(r"(?!)")
    other_work: re.Pattern[str] = re.compile(r"(?!)")
    noun_last: bool = False
    countries: Mapping[str, str] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_english(self) -> bool:
        """Whether the rules for English hold, which go further than these words."""
        return self.language == "en"


def words_of(language: str) -> Words:
    """The words of a language, by its code. Raises UsageError for one that has none here."""
    if language not in WORDS:
        raise UsageError(f"films of the Wikipedia {language!r} can't be told here, only of {', '.join(WORDS)}")
    return WORDS[language]


def words_of_site(site: str) -> Words:
    """The words of a wiki by its name, such as "dewiki"; the English ones for a wiki of another kind."""
    return WORDS.get(site.removesuffix("wiki"), ENGLISH)


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


ENGLISH = Words(
    language="en",
    plots=(),
    film_titles=("{title}", "{title} ({year} film)", "{title} (film)"),
    in_brackets=re.compile(r" \((?:[^()]* )?(?:film|movie|documentary)\)$"),
    disambiguation=_any_case(r"disambiguation pages?$"),
    category="category",
    box=r"infobox[ _]+(?:\w+[ _]+)?(?:film|movie)|film[ _]+infobox",
    fields={
        "director": ("director", "directors"),
        "country": ("country", "countries"),
        "language": ("language", "languages"),
        "genre": ("genre",),
        "released": ("released", "release_date", "release date"),
    },
)

_GERMAN = Words(
    language="de",
    plots=(
        "handlung", "handlung des films", "filmhandlung", "inhalt", "inhalt des films", "inhaltsangabe", "plot",
        "zusammenfassung", "handlungsverlauf", "kurzinhalt", "synopsis", "story", "geschehen",
    ),
    film_titles=("{title}", "{title} ({year})", "{title} (Film)", "{title} (Film, {year})"),
    in_brackets=re.compile(r" \((?:Film(?:, \d{4})?|(?:\d{4} )?(?:Dokumentarfilm|Film)|(?:18|19|20)\d\d)\)$"),
    disambiguation=_any_case(r"^begriffsklärung$"),
    category="kategorie|category",
    box=r"infobox[ _]+film",
    fields={
        "director": ("reg", "regie"),
        "country": ("pl", "produktionsland"),
        "language": ("os", "originalsprache"),
        "genre": ("gen", "genre"),
        "released": ("pj", "ej", "erscheinungsjahr", "produktionsjahr", "premiere"),
        "original": ("ot", "originaltitel"),
    },
    of_films=_any_case(r"film|thriller|^western|komödie$|melodram|road ?movie|heist"),
    released=re.compile(r"^Filmtitel (\d{4})$"),
    of_country=re.compile(r"^(\S+) film$"),
    copula=re.compile(r"\b(?:ist|war) (?:ein|eine|der|die|das|einer der|eines der)\b"),
    film=_any_case(r"\b[\w-]*film(?!reihe|musik|serie)\w*|\b\w*thriller\b|\broad ?movie\b"),
    other_work=_any_case(
        r"\b[\w-]*(?:roman|novelle|erzählung|buch|kurzgeschichte|oper|operette|musical|theaterstück|album|lied|song|serie"
        r"|spiel|manga|comic|gedicht|filmreihe|ballett)\b"
    ),
    countries={
        "argentinischer": "Argentina", "australischer": "Australia", "österreichischer": "Austria",
        "belgischer": "Belgium", "brasilianischer": "Brazil", "kanadischer": "Canada", "chinesischer": "China",
        "tschechischer": "Czech Republic", "tschechoslowakischer": "Czechoslovakia", "dänischer": "Denmark",
        "finnischer": "Finland", "französischer": "France", "deutscher": "Germany", "griechischer": "Greece",
        "hongkong-": "Hong Kong", "ungarischer": "Hungary", "indischer": "India", "iranischer": "Iran",
        "irischer": "Ireland", "israelischer": "Israel", "italienischer": "Italy", "japanischer": "Japan",
        "mexikanischer": "Mexico", "niederländischer": "Netherlands", "neuseeländischer": "New Zealand",
        "norwegischer": "Norway", "polnischer": "Poland", "portugiesischer": "Portugal", "russischer": "Russia",
        "südkoreanischer": "South Korea", "sowjetischer": "Soviet Union", "spanischer": "Spain",
        "schwedischer": "Sweden", "schweizer": "Switzerland", "taiwanischer": "Taiwan", "türkischer": "Turkey",
        "britischer": "United Kingdom", "us-amerikanischer": "United States",
    },
    genres={
        "actionfilm": "action", "abenteuerfilm": "adventure", "animationsfilm": "animated",
        "zeichentrickfilm": "animated", "filmbiografie": "biographical", "komödie": "comedy", "krimi": "crime",
        "dokumentarfilm": "documentary", "filmdrama": "drama", "fantasyfilm": "fantasy", "film noir": "film noir",
        "historienfilm": "historical", "horrorfilm": "horror", "kurzfilm": "short", "liebesfilm": "romance",
        "liebeskomödie": "romantic comedy", "musicalfilm": "musical", "filmmusical": "musical",
        "science-fiction": "science fiction", "stummfilm": "silent", "thriller": "thriller", "kriegsfilm": "war",
        "western": "western",
    },
)  # fmt: skip

_FRENCH = Words(
    language="fr",
    plots=(
        "résumé détaillé", "résumé complet", "synopsis détaillé", "résumé", "résumé du film", "synopsis", "intrigue",
        "histoire", "l'histoire", "trame", "argument", "synopsis et résumé", "résumé et analyse", "scénario",
    ),
    film_titles=("{title}", "{title} (film, {year})", "{title} (film)"),
    in_brackets=re.compile(r" \((?:film|téléfilm|court métrage|film documentaire|documentaire)(?:[, ][^()]*)?\)$"),
    disambiguation=_any_case(r"^homonymie"),
    category="catégorie|category",
    box=r"infobox[ _]+(?:cinéma[ _]*\(film\)|cinéma|film)",
    fields={
        "director": ("réalisation", "réalisateur"),
        "country": ("pays",),
        "language": ("langue",),
        "genre": ("genre",),
        "released": ("année de sortie", "année", "sortie", "première diffusion"),
        "original": ("titre original",),
    },
    of_films=_any_case(r"^(?:films?|comédie|thriller|western|court métrage|moyen métrage|mélodrame|téléfilm)\b"),
    released=re.compile(r"\bsortie? en (\d{4})$"),
    of_country=re.compile(r"([\w-]+)"),
    copula=re.compile(r"\b(?:est|était) (?:une?|le|la|l['’]un des|l['’]une des)\b"),
    film=_any_case(r"\b(?:télé)?films?\b|\b(?:court|long|moyen)[ -]métrage\b|\bdocumentaire\b"),
    other_work=_any_case(
        r"\b(?:romans?|nouvelle|pièce|opéra|album|chanson|série|jeu|bande dessinée|manga|livre|recueil|conte|poème"
        r"|comédie musicale|ballet)\b"
    ),
    countries={
        **dict.fromkeys(("argentin", "argentine"), "Argentina"),
        **dict.fromkeys(("australien", "australienne"), "Australia"),
        **dict.fromkeys(("autrichien", "autrichienne"), "Austria"),
        "belge": "Belgium", **dict.fromkeys(("brésilien", "brésilienne"), "Brazil"),
        **dict.fromkeys(("canadien", "canadienne", "québécois", "québécoise"), "Canada"),
        **dict.fromkeys(("chinois", "chinoise"), "China"), "tchèque": "Czech Republic",
        **dict.fromkeys(("danois", "danoise"), "Denmark"), **dict.fromkeys(("français", "française"), "France"),
        **dict.fromkeys(("allemand", "allemande"), "Germany"), "hongkongais": "Hong Kong",
        **dict.fromkeys(("indien", "indienne"), "India"), **dict.fromkeys(("iranien", "iranienne"), "Iran"),
        **dict.fromkeys(("irlandais", "irlandaise"), "Ireland"), **dict.fromkeys(("italien", "italienne"), "Italy"),
        **dict.fromkeys(("japonais", "japonaise"), "Japan"), **dict.fromkeys(("mexicain", "mexicaine"), "Mexico"),
        **dict.fromkeys(("polonais", "polonaise"), "Poland"), "russe": "Russia", "soviétique": "Soviet Union",
        **dict.fromkeys(("sud-coréen", "sud-coréenne"), "South Korea"),
        **dict.fromkeys(("espagnol", "espagnole"), "Spain"), **dict.fromkeys(("suédois", "suédoise"), "Sweden"),
        "suisse": "Switzerland", "britannique": "United Kingdom",
        **dict.fromkeys(("américain", "américaine"), "United States"),
    },
    genres={
        "film d'action": "action", "film d'aventure": "adventure", "animation": "animated",
        "film biographique": "biographical", "comédie": "comedy", "film policier": "crime",
        "documentaire": "documentary",
        "dramatique": "drama", "fantasy": "fantasy", "film noir": "film noir", "film historique": "historical",
        "horreur": "horror", "court métrage": "short", "romantique": "romance", "film musical": "musical",
        "science-fiction": "science fiction", "film muet": "silent", "thriller": "thriller", "de guerre": "war",
        "western": "western",
    },
)  # fmt: skip

_SPANISH = Words(
    language="es",
    plots=(
        "argumento", "argumento completo", "argumento de la película", "trama", "sinopsis", "sinopsis argumental",
        "resumen del argumento", "resumen argumental", "resumen", "historia", "trama argumental",
    ),
    film_titles=("{title}", "{title} (película de {year})", "{title} (película)"),
    in_brackets=re.compile(r" \((?:película|filme?|documental|cortometraje)(?: [^()]*)?\)$"),
    disambiguation=_any_case(r"desambiguación"),
    category="categoría|category",
    box=r"ficha[ _]+de[ _]+película",
    fields={
        "director": ("dirección", "direccion", "director"),
        "country": ("país", "pais"),
        "language": ("idioma", "idioma original"),
        "genre": ("género", "genero"),
        "released": ("año", "estreno", "fecha de estreno"),
        "original": ("título original", "titulo original"),
    },
    of_films=_any_case(r"^(?:películas|cortometrajes|documentales|telefilme?s|largometrajes)\b"),
    released=re.compile(r"^Películas de (\d{4})$"),
    of_country=re.compile(r"^películas de (.+)$"),
    copula=re.compile(r"\b(?:es|fue) (?:una?|el|la|uno de los|una de las)\b"),
    film=_any_case(r"\bpelículas?\b|\bfilme?s?\b|\b(?:largo|corto|medio)metraje\b|\btelefilme?\b|\bdocumental\b"),
    other_work=_any_case(
        r"\b(?:novelas?|cuento|relato|libro|obra|ópera|álbum|canción|sencillo|serie|videojuego|historieta|manga|poema"
        r"|musical|ballet)\b"
    ),
    countries={
        "alemania": "Germany", "argentina": "Argentina", "australia": "Australia", "austria": "Austria",
        "bélgica": "Belgium", "brasil": "Brazil", "canadá": "Canada", "chile": "Chile", "china": "China",
        "colombia": "Colombia", "corea del sur": "South Korea", "cuba": "Cuba", "dinamarca": "Denmark",
        "españa": "Spain", "estados unidos": "United States", "finlandia": "Finland", "francia": "France",
        "hong kong": "Hong Kong", "india": "India", "irlanda": "Ireland", "irán": "Iran", "italia": "Italy",
        "japón": "Japan", "méxico": "Mexico", "nueva zelanda": "New Zealand", "perú": "Peru", "polonia": "Poland",
        "portugal": "Portugal", "reino unido": "United Kingdom", "rusia": "Russia", "suecia": "Sweden",
        "suiza": "Switzerland", "la unión soviética": "Soviet Union", "uruguay": "Uruguay",
    },
    genres={
        "de acción": "action", "de aventura": "adventure", "de animación": "animated", "biográficas": "biographical",
        "cómicas": "comedy", "de comedia": "comedy", "criminales": "crime", "policíacas": "crime", "de crimen": "crime",
        "documentales": "documentary", "dramáticas": "drama", "de drama": "drama", "de fantasía": "fantasy",
        "cine negro": "film noir", "históricas": "historical", "de terror": "horror", "románticas": "romance",
        "musicales": "musical", "ciencia ficción": "science fiction", "mudas": "silent", "cortometrajes": "short",
        "suspenso": "thriller", "suspense": "thriller", "de guerra": "war", "bélicas": "war", "wéstern": "western",
        "western": "western",
    },
)  # fmt: skip

_ITALIAN = Words(
    language="it",
    plots=("trama", "trama del film", "la trama", "sinossi", "trama e sinossi", "riassunto", "storia", "vicenda"),
    film_titles=("{title}", "{title} (film {year})", "{title} (film)"),
    in_brackets=re.compile(r" \((?:film|film TV|cortometraggio|documentario)(?: [^()]*)?\)$"),
    disambiguation=_any_case(r"disambiguazione"),
    category="categoria|category",
    box=r"film",
    fields={
        "director": ("regista", "regia"),
        "country": ("paese", "nomepaese", "nazione"),
        "language": ("lingua originale", "linguaoriginale"),
        "genre": ("genere", "genere 2", "genere 3"),
        "released": ("annouscita", "anno uscita", "anno"),
        "original": ("titolooriginale", "titolo originale"),
    },
    of_films=_any_case(r"^(?:film|cortometraggi|mediometraggi|documentari)\b"),
    released=re.compile(r"^(?:Film|Cortometraggi)\b.*\bdel (\d{4})$"),
    of_country=re.compile(r"([\w-]+)"),
    copula=re.compile(r"(?:\bè|È|\bera) (?:un[ao']?|il|la|lo|l['’])"),
    film=_any_case(r"\bfilm\b|\b(?:lungo|corto|medio)metraggio\b|\bdocumentario\b|\bpellicola\b"),
    other_work=_any_case(
        r"\b(?:romanzo|racconto|novella|libro|opera|album|canzone|brano|singolo|serie|videogioco|fumetto|manga|poema"
        r"|dramma teatrale|commedia teatrale|balletto)\b"
    ),
    countries={
        "argentini": "Argentina", "australiani": "Australia", "austriaci": "Austria", "belgi": "Belgium",
        "brasiliani": "Brazil", "canadesi": "Canada", "cinesi": "China", "danesi": "Denmark", "finlandesi": "Finland",
        "francesi": "France", "tedeschi": "Germany", "hongkonghesi": "Hong Kong", "indiani": "India",
        "iraniani": "Iran", "irlandesi": "Ireland", "italiani": "Italy", "giapponesi": "Japan", "messicani": "Mexico",
        "neozelandesi": "New Zealand", "polacchi": "Poland", "russi": "Russia", "sovietici": "Soviet Union",
        "sudcoreani": "South Korea", "spagnoli": "Spain", "svedesi": "Sweden", "svizzeri": "Switzerland",
        "britannici": "United Kingdom", "statunitensi": "United States",
    },
    genres={
        "d'azione": "action", "d'avventura": "adventure", "d'animazione": "animated", "biografici": "biographical",
        "film commedia": "comedy", "comici": "comedy", "gialli": "crime", "polizieschi": "crime",
        "gangster": "gangster",
        "documentari": "documentary", "drammatici": "drama", "fantastici": "fantasy", "fantasy": "fantasy",
        "noir": "film noir", "storici": "historical", "horror": "horror", "sentimentali": "romance",
        "romantici": "romance", "musicali": "musical", "fantascienza": "science fiction", "muti": "silent",
        "cortometraggi": "short", "thriller": "thriller", "di guerra": "war", "western": "western",
    },
)  # fmt: skip

_JAPANESE = Words(
    language="ja",
    plots=("あらすじ", "ストーリー", "物語", "プロット", "梗概", "シノプシス", "内容", "概要・あらすじ"),
    film_titles=("{title}", "{title} ({year}年の映画)", "{title} (映画)"),
    in_brackets=re.compile(r" ?[(（](?:[^()（）]*の)?(?:映画|アニメ映画|短編映画)(?:作品)?[)）]$"),
    disambiguation=_any_case(r"曖昧さ回避"),
    category="category|カテゴリ",
    box=r"infobox[ _]+(?:film|映画)|基礎情報[ _]+映画|映画",
    fields={
        "director": ("監督",),
        "country": ("製作国", "制作国"),
        "language": ("言語",),
        "genre": ("ジャンル",),
        "released": ("公開", "公開日"),
        "original": ("原題",),
    },
    of_films=_any_case(r"映画(?:作品)?$"),
    released=re.compile(r"^(\d{4})年の\w*映画"),
    of_country=re.compile(r"^([^の]+)の"),
    copula=re.compile(r"は、?"),
    film=_any_case(r"映画|長編アニメ|短編アニメ|ドキュメンタリー"),
    other_work=_any_case(r"小説|漫画|マンガ|テレビドラマ|アルバム|楽曲|シングル|ゲーム|戯曲|オペラ|絵本|ミュージカル"),
    noun_last=True,
    countries={
        "アメリカ合衆国": "United States", "アメリカ": "United States", "イギリス": "United Kingdom",
        "フランス": "France", "ドイツ": "Germany", "イタリア": "Italy", "日本": "Japan", "スペイン": "Spain",
        "カナダ": "Canada", "オーストラリア": "Australia", "韓国": "South Korea", "大韓民国": "South Korea",
        "中国": "China", "中華人民共和国": "China", "香港": "Hong Kong", "台湾": "Taiwan", "インド": "India",
        "ロシア": "Russia", "ソビエト連邦": "Soviet Union", "スウェーデン": "Sweden", "デンマーク": "Denmark",
        "ポーランド": "Poland", "メキシコ": "Mexico", "ブラジル": "Brazil", "イラン": "Iran",
    },
    genres={
        "アクション映画": "action", "冒険映画": "adventure", "アニメ映画": "animated", "伝記映画": "biographical",
        "コメディ映画": "comedy", "犯罪映画": "crime", "ドキュメンタリー映画": "documentary", "ドラマ映画": "drama",
        "ファンタジー映画": "fantasy", "フィルム・ノワール": "film noir", "歴史映画": "historical",
        "時代劇映画": "samurai", "ホラー映画": "horror", "恋愛映画": "romance", "ミュージカル映画": "musical",
        "sf映画": "science fiction", "サイレント映画": "silent", "短編映画": "short", "スリラー映画": "thriller",
        "ミステリ映画": "mystery", "戦争映画": "war", "西部劇": "western",
    },
)  # fmt: skip

WORDS = {
    "en": ENGLISH,
    "simple": ENGLISH,
    **{words.language: words for words in (_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _JAPANESE)},
}
"""Words by the code that stands in a Wikipedia's address."""
