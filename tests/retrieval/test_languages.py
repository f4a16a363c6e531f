"""Questions that are plainly not in English are told so; titles and English questions are not."""

import pytest

from moviesearch import Movie, MovieSearch
from moviesearch.retrieval.languages import language_note, language_of


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("ein Mann wacht auf und hat alles vergessen", "German"),
        ("un homme qui perd la mémoire", "French"),
        ("un hombre busca a su hija en el desierto", "Spanish"),
        ("un uomo cerca la sua bicicletta rubata a Roma", "Italian"),
        ("um homem que procura o seu filho no deserto", "Portuguese"),
        ("een man zoekt zijn dochter in de woestijn", "Dutch"),
        ("en man som letar efter sin dotter i öknen", "Swedish"),
        ("mężczyzna szuka swojej córki i nie może jej znaleźć na pustyni", "Polish"),
        ("un tiburón ataca la playa", "Spanish"),
        ("bir köpekbalığı plaja saldırıyor", "Turkish"),
        ("Самурай защищает деревню от бандитов", "Cyrillic letters"),
        ("七人の侍が村を守る", "Japanese"),
        ("반지하에 사는 가족이 부잣집에 들어간다", "Korean"),
    ],
)
def test_other_languages_are_known(question: str, language: str) -> None:
    assert language_of(question) == language
    assert language in (language_note(question, "all-MiniLM-L6-v2") or "")


@pytest.mark.parametrize(
    "question",
    [
        "",
        "la la land",
        "amour",
        "das boot",
        "Das Leben der Anderen",
        "la vie en rose",
        "Y tu mamá también",
        "il buono, il brutto, il cattivo",
        "Сталкер",
        "La double vie de Véronique",
        "Le fabuleux destin d'Amélie Poulain",
        "a waitress called Amélie in a café",
        "Amélie Poulain café crème brûlée montmartre",
        "七人の侍",
        "a film like La Dolce Vita or Le Samouraï",
        "the one with la casa de papel and el professor, un hombre in a red mask",
        "a man searches for his daughter in the desert",
        "girl crawls out of tv",
        "90s die hard on a bus",
    ],
)
def test_titles_and_english_are_not_taken_for_other_languages(question: str) -> None:
    assert language_of(question) is None


def test_a_short_question_in_another_script_is_told_so() -> None:
    for question, note in (("鲨鱼", "looks like Chinese or Japanese,"), ("акула", "is written in Cyrillic letters,")):
        assert f"the question {note}" in (language_note(question, "all-MiniLM-L6-v2") or "")


def test_a_question_in_another_language_is_answered_and_told_so(tmp_path, encoder) -> None:
    title = "Un condamné à mort s'est échappé ou Le vent souffle où il veut"
    with MovieSearch(tmp_path / "one", encoder=encoder) as search:
        search.ingest([Movie("escape", title, "A man in prison carves a door open with a spoon.")])
        answer = search.find("un homme qui veut sortir de la prison avec une cuillère")
        assert [match.movie.id for match in answer.matches] == ["escape"]
        assert len(answer.notes) == 1 and "French" in answer.notes[0]
        assert search.find(title).notes == ()
        assert search.find("a man carves a door open with a spoon").notes == ()
