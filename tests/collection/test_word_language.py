"""A collection's language: chosen when it is made, kept wherever it goes, and its words found in all their forms."""

import json
from dataclasses import replace

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import MismatchError, UsageError

GERMAN = [
    Movie(
        "haus",
        "Das stille Haus",
        "Eine Ärztin erbt ein Haus am Rand der Stadt. In der ersten Nacht hört sie Schritte auf der Treppe, und am "
        "Morgen liegt ein fremder Schlüssel auf ihrem Kissen.",
    ),
    Movie(
        "strasse",
        "Die lange Straße",
        "Zwei Brüder fahren einen alten Lastwagen durch die Wüste. Auf der Straße nach Süden nehmen sie ein Mädchen "
        "mit, das seinen Namen vergessen hat.",
    ),
    Movie(
        "boot",
        "Das letzte Boot",
        "Ein Fischer rudert jeden Abend hinaus, um seine verlorene Tochter zu suchen, bis das Meer ihm einen Brief "
        "zurückgibt.",
    ),
]
FRENCH = [
    Movie(
        "ami",
        "L'été de Camille",
        "Camille passe l'été à la campagne et devient l'ami d'un vieux boulanger qui ne parle plus à personne depuis "
        "la guerre.",
    ),
    Movie(
        "chevaux",
        "Les Chevaux du roi",
        "Un palefrenier vole le cheval du roi et traverse la forêt pour sauver sa sœur, enfermée dans une tour.",
    ),
    Movie(
        "lettre",
        "La Lettre perdue",
        "Une factrice ouvre une lettre qui n'est pas pour elle et découvre qui a mis le feu à l'école.",
    ),
]
RUSSIAN = [
    Movie(
        "dom",
        "Дом у реки",
        "Старый солдат возвращается в деревню и строит дом для дочери, которую он никогда не видел.",
    ),
    Movie("poezd", "Ночной поезд", "В поезде пропадает чемодан, и проводница ищет вора среди пассажиров."),
    Movie("yolka", "Ёлка", "Мальчик находит в лесу ёлку, которая исполняет желания, и зовёт к ней всех соседей."),
]


@pytest.fixture
def opened(request, tmp_path):
    """opened("folder") or opened("server") -> a MovieSearch on a store of that kind; `cache` names the machine."""
    searches = []

    def start(kind="folder", store=None, cache="cache", **settings):
        fresh = request.getfixturevalue("chroma_server").database if kind == "server" else None
        store = store or (fresh() if fresh else str(tmp_path / f"store{len(searches)}"))
        settings = Settings(store=store, cache=tmp_path / cache, **settings)
        searches.append(MovieSearch(settings=settings, encoder=HashEncoder()))
        return searches[-1]

    yield start
    for search in searches:
        search.close()


def found(search, question):
    return [match.movie.id for match in search.find(question, mode="lexical").matches]


@pytest.mark.parametrize(
    ("language", "films", "questions"),
    [
        (
            "de",
            GERMAN,
            {
                "Häuser": ["haus"],
                "hauser": ["haus"],
                "STRASSEN": ["strasse"],
                "die Ärztin": ["haus"],
                "Töchter und der Brief": ["boot"],
                "verlorenen": ["boot"],
            },
        ),
        (
            "French",
            FRENCH,
            {
                "amies": ["ami"],
                "l'amie": ["ami"],
                "école": ["lettre"],
                "ecole": ["lettre"],
                "soeur": ["chevaux"],
                "les lettres": ["lettre"],
            },
        ),
        (
            "russian",
            RUSSIAN,
            {
                "дома": ["dom"],
                "солдатами": ["dom"],
                "елки": ["yolka"],
                "Ёлками": ["yolka"],
                "чемоданы": ["poezd"],
                "сол\u0301даты": ["dom"],  # with a stress
            },
        ),
    ],
)
def test_words_are_found_in_other_forms(opened, language, films, questions):
    search = opened()
    search.ingest(films, setting=SETTING, language=language)
    assert {question: found(search, question) for question in questions} == questions
    assert search.verify() is None


def test_function_words_of_the_language_find_nothing_beside_others(opened):
    search = opened()
    search.ingest(GERMAN, setting=SETTING, language="de")
    assert found(search, "der und das auf einen Schlüssel") == ["haus"]
    assert found(search, "und") != []  # alone it is all there is


@pytest.mark.parametrize(
    ("language", "plot", "question"),
    [
        ("tr", "İstanbul'da bir balıkçı denizde kaybolan oğlunu arıyor.", "istanbul balıkçılar"),
        ("tr", "istanbul'da bir balıkçı.", "İSTANBUL"),
        ("el", "Ένας ψαράς ψάχνει το σπίτι της μητέρας του.", "σπίτια"),
        ("fi", "Mies rakentaa talon järven rannalle.", "talossa"),
        ("sv", "En häst försvinner från gården.", "hästar"),
        ("hu", "Egy férfi házat épít a folyónál.", "házban"),
        ("ro", "O fată merge la școală prin pădure.", "şcoala"),
        ("ta", "ஒரு பெண் தன் வீட்டைத் தேடுகிறாள்.", "பெண்கள்"),
        ("ar", "يجد الصبي الكتاب في البيت القديم.", "كتاب"),
        ("no", "En fisker leter etter skipet sitt.", "skip"),
        ("es", "Una niña encuentra un tesoro en la montaña.", "niñas"),
        ("pt", "Um pescador procura o irmão no mar.", "pescadores"),
        ("it", "Una bambina trova una lettera nel giardino.", "bambine"),
        ("nl", "Een visser zoekt zijn verdwenen schepen.", "vissers"),
        ("da", "En pige finder en hest i skoven.", "heste"),
    ],
)
def test_every_language_stems_its_words(opened, language, plot, question):
    search = opened()
    search.ingest([Movie("this", "A", plot), Movie("other", "B", "1917 2001")], setting=SETTING, language=language)
    assert found(search, question) == ["this"]


def test_english_stays_english(opened):
    search = opened()
    search.ingest([Movie("house", "House", "Two friends haunt the houses of a café owner.")], setting=SETTING)
    assert search.info().manifest.language == "en"
    assert [found(search, word) for word in ("friend", "house", "cafe", "häuser")] == [["house"]] * 3 + [[]]
    search.ingest([], setting=SETTING, language="English")


@pytest.mark.parametrize("kind", ["folder", pytest.param("server", marks=pytest.mark.server)])
def test_another_language_is_refused_and_rebuild_changes_it(opened, kind):
    search = opened(kind)
    search.ingest(GERMAN, setting=SETTING)
    assert found(search, "Häuser") == []
    with pytest.raises(MismatchError, match=r"language English.*language German.*--rebuild.*--collection"):
        search.ingest([], setting=SETTING, language="de")
    search.ingest([], setting=SETTING, language="de", rebuild=True)
    assert found(search, "Häuser") == ["haus"]
    search.ingest([replace(GERMAN[0], plot="Zwei Gärten.")], setting=SETTING)  # nothing said: it stays as it is
    assert (found(search, "Garten"), search.info().manifest.language) == (["haus"], "de")
    with pytest.raises(MismatchError, match="language German.*language French"):
        search.ingest([], setting=SETTING, language="fr")
    other = opened(store=search.settings.store, cache="elsewhere")
    assert (found(other, "Garten"), other.verify()) == (["haus"], None)


def test_the_settings_choose_it(opened, monkeypatch):
    monkeypatch.setenv("MOVIESEARCH_LANGUAGE", "Russian")
    search = opened()
    search.ingest(RUSSIAN, setting=SETTING)
    assert (search.info().manifest.language, found(search, "солдатами")) == ("ru", ["dom"])


def test_a_language_without_a_stemmer_is_named_with_those_that_have_one(opened):
    search = opened()
    with pytest.raises(UsageError, match=r"'Klingon'.*de \(German\).*ru \(Russian\)"):
        search.ingest(GERMAN, setting=SETTING, language="Klingon")
    assert not search.exists()


@pytest.mark.parametrize("what", ["lexical-1", "films.sqlite3"])
def test_what_is_lost_is_made_again_in_the_language(opened, what):
    search = opened()
    search.ingest(GERMAN, setting=SETTING, language="de")
    search.close()
    path = search._collection.folder / what
    path.rename(path.with_name("lost"))
    again = opened(store=search.settings.store)
    assert (found(again, "Häuser"), again.info().manifest.language) == (["haus"], "de")
    assert again.repair() == len(GERMAN)
    assert (found(again, "Häuser"), again.verify()) == (["haus"], None)


@pytest.mark.parametrize("kind", ["folder", pytest.param("server", marks=pytest.mark.server)])
def test_copy_and_backup_keep_it(opened, kind, tmp_path):
    search, copied, restored, english = opened(kind), opened(kind, cache="b"), opened(kind, cache="c"), opened()
    search.ingest(GERMAN, setting=SETTING, language="de")
    search.copy(copied)
    search.backup(tmp_path / "films.zip")
    restored.restore(tmp_path / "films.zip")
    for other in (copied, restored):
        assert (found(other, "Häuser"), other.info().manifest.language) == (["haus"], "de")
        assert other.verify() is None
    english.ingest([Movie("en", "House", "Houses.")], setting=SETTING)
    with pytest.raises(MismatchError, match="language English.*language German"):
        search.copy(english, replace_others=True)


@pytest.mark.server
def test_a_mirror_follows_a_change_of_language(opened):
    here = opened("server")
    here.ingest(GERMAN, setting=SETTING)
    there = opened(store=here.settings.store, cache="elsewhere")
    assert found(there, "Häuser") == []
    here.ingest([], setting=SETTING, language="de", rebuild=True)
    assert found(there, "Häuser") == ["haus"]


def test_english_stores_are_written_as_before_it_and_others_are_kept_from_older_versions(opened):
    english, german = opened(), opened()
    english.ingest(GERMAN, setting=SETTING)
    german.ingest(GERMAN, setting=SETTING, language="de")
    kept = [json.loads(search._collection.ledger.fact("manifest")) for search in (english, german)]
    assert [(record.get("language"), record["format"]) for record in kept] == [(None, 1), ("de", 2)]


def test_a_question_in_the_language_is_not_told_to_be_asked_in_english(opened):
    question = "ein Mann wacht auf und hat alles vergessen"
    german, english, finnish = opened(), opened(), opened()
    german.ingest(GERMAN, setting=SETTING, language="de")
    english.ingest(GERMAN, setting=SETTING)
    finnish.ingest(GERMAN, setting=SETTING, language="fi")

    def told(search, words):
        return [note for note in search.find(words).notes if "looks like" in note]

    assert told(german, question) == []
    assert len(told(english, question)) == 1 and "asked in English" in told(english, question)[0]
    assert told(finnish, question) == []
    french = told(german, "un homme qui perd la mémoire et cherche sa femme")
    assert len(french) == 1 and "French" in french[0] and "asked in German" in french[0]


def test_a_model_for_english_is_told_of_once(tmp_path):
    lines = []
    encoder = HashEncoder(name="all-MiniLM-L6-v2")
    with MovieSearch(tmp_path / "store", encoder=encoder, note=lines.append) as search:
        search.ingest(GERMAN, setting=SETTING, language="de")
        search.ingest([], setting=SETTING)
    assert [line for line in lines if "German" in line and "--model" in line] == lines != []


def test_the_command_line_takes_and_shows_it(run, prepared_model, tmp_path):
    films = tmp_path / "filme.jsonl"
    films.write_text("".join(json.dumps({"title": film.title, "plot": film.plot}) + "\n" for film in GERMAN), "utf-8")
    assert run("ingest", str(films), "--language", "Klingon").exit_code == 2
    assert run("ingest", str(films), "--language", "German").exit_code == 0
    assert json.loads(run("info", "--format", "json").stdout)["language"] == "de"
    assert "German" in run("info").stdout
    refused = run("ingest", str(films), "--language", "fr")
    assert refused.exit_code != 0 and "language German" in refused.stderr
