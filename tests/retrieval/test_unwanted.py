"""What people type to say what their film is not, and what only sounds like it."""

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie, MovieSearch
from moviesearch.retrieval.named import named_films
from moviesearch.retrieval.people import known_people, people_in
from moviesearch.retrieval.queries import clean
from moviesearch.retrieval.unwanted import find_unwanted

YEARS: dict[str, dict[str, int | None]] = {
    "alien": {"alien": 1979},
    "alone": {"alone": 2020},
    "carrie": {"carrie": 1976},
    "city of angels": {"angels": 1998},
    "fight club": {"fight club": 1999},
    "her": {"her": 2013},
    "i remember": {"i remember": 1973},
    "it": {"it": 2017},
    "jaws": {"jaws": 1975},
    "laura": {"laura": 1944},
    "missing": {"missing": 1982},
    "oldboy": {"oldboy": 2003, "oldboy 2013": 2013},
    "rebecca": {"rebecca": 1940},
    "saw": {"saw": 2004},
    "taxi driver": {"taxi driver": 1976},
    "the fall": {"fall": 2006},
    "the ring": {"ring": 2002},
    "2012": {"2012": 2009},
}


def titles(text: str) -> dict[str, int | None]:
    return YEARS.get(text.casefold(), {})


def rare(text: str) -> bool:
    return text.lower() in ("jaws", "rebecca", "laura", "oldboy")


@pytest.mark.parametrize(
    ("query", "films"),
    [
        ("revenge after years in a room. Not Oldboy (2013)", {"oldboy 2013"}),
        ("revenge after years in a room. Not Oldboy (2003)!", {"oldboy"}),
        ("not the 2013 Oldboy", {"oldboy 2013"}),
        ("not Oldboy", {"oldboy", "oldboy 2013"}),
        ("not jaws", {"jaws"}),
        ("Not: Jaws", {"jaws"}),
        ("shark attacks a beach not jaws", {"jaws"}),
        ("a shark film, except for Jaws", {"jaws"}),
        ("any shark movie other than Jaws or Alien", {"jaws", "alien"}),
        ("its not taxi driver, but a cab at night", {"taxi driver"}),
        ("NOT FIGHT CLUB THOUGH", {"fight club"}),
        ("It isn't City of Angels, but similar", {"angels"}),
        ("I'm pretty sure it's not Alien.", {"alien"}),
        ("Movie about headcrabs (not Alien) set on a space station", {"alien"}),
        ("a thriller set in Tokyo, not Carrie", {"carrie"}),
        ("not the ring, something older", {"ring"}),
        ("Not 2012 I think", {"2012"}),
        ("Unlike Alien, it's set on earth", {"alien"}),
        ("It's not Alien, Aliens, or Alien 3", {"alien"}),
        ("the film isn't Jaws!", {"jaws"}),
        ("Not the movie Jaws", {"jaws"}),
        ("Anything but Jaws", {"jaws"}),
        ("I don't mean Jaws. shark at beach", {"jaws"}),
        ("I'm not thinking of The Ring.", {"ring"}),
        ("two men hit each other but no jaws please", {"jaws"}),
        ("men hit each other, no fight club please", {"fight club"}),
        ("a shark. no jaws.", {"jaws"}),
        ("Jaws it is not. A shark", {"jaws"}),
        ("a shark, Jaws isn't it", {"jaws"}),
        ("everyone says Jaws, it's not. a shark", {"jaws"}),
        ("my friend says it's Jaws but it isn't. a shark", {"jaws"}),
        ("I thought it was Fight Club but it wasn't, men hit each other", {"fight club"}),
        ("it's definitely not the movie jaws from 1975", {"jaws"}),
        ("shark movie, Jaws excluded", {"jaws"}),
        ("a shark (already seen Jaws)", {"jaws"}),
        ("a shark, I've already seen Jaws", {"jaws"}),
        ("not like Jaws", {"jaws"}),
        ("a shark film, but no jaws", {"jaws"}),
        ("shark film no Jaws", {"jaws"}),
        ("a fight, but please no fight club", {"fight club"}),
        ("it's neither Alien nor Jaws, a monster", {"alien", "jaws"}),
        ("killer fish and it's not called Jaws", {"jaws"}),
        ("killer fish, minus Jaws", {"jaws"}),
        ("killer fish. I know about Jaws already", {"jaws"}),
        ("killer fish. seen jaws already", {"jaws"}),
        ("everyone keeps telling me it's Jaws but it's not, killer fish", {"jaws"}),
        ("a man who sails, not like Jaws", {"jaws"}),
        ("a shark film that's not jaws", {"jaws"}),
        ("a shark movie but it is not jaws", {"jaws"}),
        ("a shark movie but its not jaws", {"jaws"}),
        ("a movie with sharks which is not jaws", {"jaws"}),
        ("two men in a bathroom. It's not Saw.", {"saw"}),
        ("two men in a bathroom, its not saw", {"saw"}),
        ("a man loves his computer. Not Her", {"her"}),
        ("clown in the sewer, not It (2017)", {"it"}),
        ("killer fish, not jaws the american one", {"jaws"}),
        ("killer fish. Not Jaws the Spielberg version, older", {"jaws"}),
        ("killer fish not jaws not fight club", {"jaws", "fight club"}),
    ],
)
def test_films_that_are_not_meant(query: str, films: set[str]) -> None:
    assert named_films(query, titles, rare=rare).films == films


@pytest.mark.parametrize(
    "query",
    [
        "a second wife in a big house; she is not Rebecca",
        "the detective finds that the body was not Laura",
        "opens the door and it's not Rebecca",
        "He marries Anna, not Rebecca.",
        "It is not Laura who died",
        "why didn't Rebecca tell him? why not Laura",
        "everyone except Laura dies",
        "they all die except for Rebecca",
        "Unlike Rebecca, she is shy",
        '"Not Laura", she whispers',
        "not even Laura believes him",
        "her sister looks a lot like Laura",
        "it's not Laura's body",
        "Not Alien 3",
        "It's not Jaws 2",
        "Not Alien: Covenant",
        "NOT Alien Nation lol",
        "not the Jaws sequels",
        "revenge, but not Oldboy (1999)",
        "it's not the fall but the landing",
        "a boy wakes up, not alone",
        "a boy wakes up not alone not missing",
        "he is dead, not missing",
        "the title might not be Jaws",
        "she thinks it is Laura, but it isn't",
        "Laura is not the one",
        "she has already seen Laura",
        "he has seen Laura already",
        '"it is not Jaws", says the sheriff',
        "they don't want Laura to die",
        "she is shy, not like Rebecca",
        "he is lost, no past, missing",
        "No past. No missing. Alone it is not.",
        "no alone",
        "No Way, No Alone",
        "there was no Rebecca",
        "a town, no jaws",
        "a man loves his computer, not her",
        "a clown in the sewer, it's not it",
        "A MAN LOVES HIS COMPUTER, NOT HER",
        "a movie about a girl that is not Rebecca",
        "It's not Saw II",
        "nothing other than I remember watching it",
        "everyone but Laura excluded him",
    ],
)
def test_names_and_words_of_stories_and_titles_of_other_films(query: str) -> None:
    assert named_films(query, titles, rare=rare).films == set()


def test_a_title_behind_a_person_who_is_not_in_it_is_one() -> None:
    query = "a shark, no Roy Scheider, not Jaws"
    assert named_films(query, titles, phrases=find_unwanted(query, {"roy scheider"}.intersection).spans).films == {
        "jaws"
    }


def test_things_that_a_film_is_without_are_no_titles() -> None:
    assert find_unwanted("a shark film, but no jaws", titles=titles).things == ()
    assert find_unwanted("a shark film, but no boats", titles=titles).things == ("boats",)
    assert named_films("a film with neither sharks nor jaws", titles, phrases=[(7, 37)]).films == set()


def against(query: str) -> list[str]:
    """What counts against films, each phrase as one text."""
    unwanted = find_unwanted(query)
    kinds = [
        " ".join(
            [
                *(span.said for span in one.years),
                *one.genres,
                *(max(o, key=lambda name: (len(name), name)) for o in one.origins),
                *one.people,
            ]
        )
        for one in unwanted.hints
    ]
    return [*kinds, *unwanted.things]


@pytest.mark.parametrize(
    ("query", "counted", "left"),
    [
        ("heist film not from the 90s", ["90s"], "heist film"),
        ("definitely not an 80s movie, brothers rob a bank", ["80s"], "brothers rob a bank"),
        ("a shark film that wasn't made in the 1970s", ["1970s"], "a shark film"),
        ("the bank robbery one but not the 1991 version", ["1991"], "the bank robbery one"),
        ("not a comedy, a man loses his dog", ["comedy"], "a man loses his dog"),
        ("I think it was a drama not a horror film", ["horror"], "I think it was a drama"),
        ("ghosts in a school, no horror please", ["horror"], "ghosts in a school please"),
        ("a dog story, no kids movie", ["family"], "a dog story"),
        ("soldiers in the snow, no romance", ["romance"], "soldiers in the snow"),
        ("It's not an animated movie. A fish looks for its son", ["animation"], ". A fish looks for its son"),
        ("a man rides into town (not a western)", ["western"], "a man rides into town"),
        ("dead people everywhere but it isn't a romantic comedy", ["romance"], "dead people everywhere"),
        ("a stranger with no name, not the american one", ["united states of america"], "a stranger with no name"),
        ("twelve men, not the American one from the 50s", ["50s united states of america"], "twelve men"),
        ("a man digs a tunnel, not in English", ["united kingdom"], "a man digs a tunnel"),
        ("locked up for years, not the Spike Lee version", ["spike lee"], "locked up for years"),
        ("space movie without aliens", ["aliens"], "space movie"),
        ("space exploration without aliens", ["aliens"], "space exploration"),
        ("a man alone on the moon, no aliens", ["aliens"], "a man alone on the moon"),
        ("scary movie with no gore or zombies", ["gore", "zombies"], "scary movie"),
        ("people come back (not zombies)", ["zombies"], "people come back"),
        ("no korean films", ["republic of korea"], ""),
        ("non-korean revenge film", ["republic of korea"], "revenge film"),
        ("no french films, a chef", ["french"], "a chef"),
        ("no french or italian movies, a priest", ["french", "italian"], "a priest"),
        ("a cook falls ill, no french please", ["french"], "a cook falls ill please"),
        ("nothing from the 80s, a robot", ["80s"], "a robot"),
        ("neither horror nor comedy, a ghost in a house", ["horror", "comedy"], "a ghost in a house"),
        ("a ghost, no horror, comedy or romance", ["horror", "comedy", "romance"], "a ghost"),
        ("no romance, horror film on a ship", ["romance"], "horror film on a ship"),
        ("a film with neither sharks nor aliens", ["sharks", "aliens"], "a film"),
        ("a beach holiday without sharks", ["sharks"], "a beach holiday"),
        ("a film not in black and white about a ghost", [], "a film about a ghost"),
        ("a ghost in a house, not scary", ["horror"], "a ghost in a house"),
        ("ghost house isn't a horror film", ["horror"], "ghost house"),
        ("non-horror ghost film", ["horror"], "ghost film"),
        ("a ghost in a house, non-horror", ["horror"], "a ghost in a house"),
        ("horror-free ghost story", ["horror"], "ghost story"),
        ("a ghost in a house, nothing with horror", ["horror"], "a ghost in a house"),
        ("a ghost in a house, I hate horror", ["horror"], "a ghost in a house"),
        ("a spy film, no James Bond", ["james bond"], "a spy film"),
        ("spy film without James Bond", ["james bond"], "spy film"),
        ("a heist movie, nothing american", ["united states of america"], "a heist movie"),
        ("a revenge story, but i don't want anything korean", ["republic of korea"], "a revenge story"),
        ("ghost movie without any scary scenes", ["horror"], "ghost movie"),
        ("ghost film, less horror", ["horror"], "ghost film"),
        ("neither aliens nor zombies, a town", ["aliens", "zombies"], "a town"),
        ("a man waits, no time travel", ["time travel"], "a man waits"),
        ("a ghost in a house, i dont think it was horror", ["horror"], "a ghost in a house"),
        ("I don't think it was a children's movie. A bear talks", ["family"], ". A bear talks"),
        ("a clerk hides, I don't think it's american", ["united states of america"], "a clerk hides"),
        ("a clerk hides, i wouldn't call it a comedy", ["comedy"], "a clerk hides"),
        ("a doctor waits, not the French original", ["french"], "a doctor waits"),
        ("a doctor waits. Not a horror exactly. Rain", ["horror"], "a doctor waits. exactly. Rain"),
        ("a doctor waits. Not the French remake with Al Pacino.", ["french"], "a doctor waits. ."),
        ("not the French one with Al Pacino but older", ["french"], "but older"),
        ("a clerk hides. It most certainly is not a horror film", ["horror"], "a clerk hides."),
    ],
)
def test_what_counts_against_films(query: str, counted: list[str], left: str) -> None:
    assert against(query) == counted
    assert " ".join(find_unwanted(query).wanted.split()) == left


@pytest.mark.parametrize(
    "query",
    [
        "a world without children",
        "a world with no aliens left",
        "a woman without a face",
        "a mute man, no name, no past, rides into town",
        "a couple with no kids on a sheep farm",
        "a black and white film without words",
        "he's not American, he's a spy",
        "She is not a comedy writer",
        "I'm not sure if it is from the 90s",
        "it might not be a horror movie",
        "English is not my first language",
        "a film set in the 80s, not the 90s",
        "made not later than 1990",
        "No Country for Old Men",
        "Rebel Without a Cause",
        "not only a comedy",
        "not one of those horror movies where a group is hunted",
        "a man wakes up, not in the 90s but in 2050",
        "they are not aliens, they are robots",
        "a town without children, and a puppet maker",
        "Not 1984, much funnier",
        "a man without a name",
        "a boy who isn't allowed to dance",
        "he vanishes without a trace",
        "she never speaks",
        "he is neither American nor British",
        "he speaks no English to her",
        "a non-english speaking woman",
        "her smile isn't romantic",
        "the bears aren't scary",
        "she hates horror",
        "a man with less horror in his life",
        "it's neither Alien nor Predator",
        "an ocean without sharks",
        'the camera pans over "No Man Here"',
        "Never Back Down: No Surrender Here",
        "she doesn't think it's a comedy when he falls",
        "he meets a woman that isn't American, in Rome",
        "a murder trial, not the 1999 film Double Jeopardy",
    ],
)
def test_what_is_part_of_a_story_stays(query: str) -> None:
    assert against(query) == []
    assert find_unwanted(query).wanted == query


@pytest.mark.parametrize(
    ("query", "people", "left"),
    [
        ("gangster film without Robert De Niro", ["robert de niro"], "gangster film"),
        ("gangster film without robert de niro", ["robert de niro"], "gangster film"),
        ("gangster film without de niro", ["niro"], "gangster film"),
        ("a gangster film without Pacino", ["pacino"], "a gangster film"),
        ("a shark, no Roy Scheider", ["roy scheider"], "a shark"),
        ("a gangster, with no Al Pacino in it", ["al pacino"], "a gangster in it"),
        ("a gangster film, Al Pacino isn't in it", ["al pacino"], "a gangster film"),
        ("a gangster film that doesn't have Al Pacino", ["al pacino"], "a gangster film that"),
        ("mafia movie, not Pacino", ["pacino"], "mafia movie"),
        ("a mafia film without Al Pacino or Robert De Niro", ["al pacino", "robert de niro"], "a mafia film"),
        ("a film with neither Al Pacino nor Roy Scheider", ["al pacino", "roy scheider"], "a film"),
        ("a mafia movie that isn't by Pacino", ["pacino"], "a mafia movie that"),
        ("a gangster in Chicago, not the al pacino one", ["al pacino"], "a gangster in Chicago"),
        ("a gangster, NOT THE PACINO VERSION", ["pacino"], "a gangster"),
        ("it had guns, not al pacino", ["al pacino"], "it had guns"),
        ("he is not Al Pacino", [], "he is not Al Pacino"),
        ("a door. Not by Al Pacino. Girls run", ["al pacino"], "a door. . Girls run"),
        ("a heist, the actor was not al pacino", ["al pacino"], "a heist, the actor was"),
        ("roy scheider NOT robert de niro", ["robert de niro"], "roy scheider"),
        ("a shark, not by pacino", ["pacino"], "a shark"),
        ("a shark. Not that one with Roy Scheider", ["roy scheider"], "a shark."),
        ("he marries Anna, not Pacino", [], "he marries Anna, not Pacino"),
        ("a life without Anna Lee", [], "a life without Anna Lee"),
        ("he lives without Pacino", [], "he lives without Pacino"),
        ("a woman without Al Pacino knowing it", [], "a woman without Al Pacino knowing it"),
    ],
)
def test_people_whom_it_is_without(query: str, people: list[str], left: str) -> None:
    known = {"robert de niro", "niro", "roy scheider", "al pacino", "pacino"}
    unwanted = find_unwanted(query, known.intersection)
    assert [name for hints in unwanted.hints for name in hints.people] == people
    assert " ".join(unwanted.wanted.split()) == left


def test_a_genre_that_is_asked_for_does_not_count_against_films() -> None:
    assert against("an animated movie about rats, not a cartoon") == []
    assert against("a comedy about rats, not a romantic comedy") == ["romance"]


@pytest.mark.parametrize(
    "behind",
    [
        "Not Jaws",
        "Not Jaws, not Alien 3",
        "It's not Jaws",
        "NOT Alien Nation lol",
        "not jaws",
        'It isn\'t "Jaws" (1975)',
    ],
)
def test_titles_of_other_films_draw_none(behind: str) -> None:
    cleaned = clean(f"a boat sinks. {behind}", titles)
    assert set(cleaned.words) - {"lol"} == {"boat", "sinks"}


def test_names_in_a_story_are_words_of_it() -> None:
    assert clean("she is not Rebecca", titles).words == ("rebecca",)
    assert clean("similar to Jaws", titles).words == ("similar", "jaws")


def test_the_year_of_another_film_is_no_hint() -> None:
    assert clean("a movie about revenge. Not Oldboy (2013)").hints.years == ()
    assert clean("a movie about revenge, not the 2013 one").hints.years == ()
    assert clean("a movie about revenge (2013)").hints.years != ()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("the Kubrick one with the hotel", ["Stanley Kubrick"]),
        ("the kubrick movie with the hotel", ["Stanley Kubrick"]),
        ("a Kubrick film about war", ["Stanley Kubrick"]),
        ("Kubrick film about war", ["Stanley Kubrick"]),
        ("an old movie by kubrick", ["Stanley Kubrick"]),
        ("a witch in the snow with Tilda Swinton", ["Tilda Swinton"]),
        ("a witch in the snow with tilda swinton", ["Tilda Swinton"]),
        ("the one starring Swinton", ["Tilda Swinton"]),
        ("I think Penelope Cruz was in it", ["Penélope Cruz"]),
        ("it had Samuel L. Jackson in a diner", ["Samuel L. Jackson"]),
        ("a bride with Young in it", ["Terence Young"]),
        ("a young woman with a rose has hope", []),
        ("Rose and Young Hope meet", []),
        ("the young one dies", []),
        ("Rose film", []),
        ("a French film", []),
        ("the Bond film", []),
    ],
)
def test_people(query: str, named: list[str]) -> None:
    people = (
        "Stanley Kubrick",
        "Tilda Swinton",
        "Penélope Cruz",
        "Samuel L. Jackson",
        "Terence Young",
        "Bob Hope",
        "Emma Rose",
        "Dawn French",
    )
    assert list(known_people(people_in(query), people)) == named


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("tilda swinton witch in the snow", ["tilda swinton"]),
        ("Tilda swinton as a witch", ["tilda swinton"]),
        ("a witch played by an actress, samuel l jackson in a diner", ["samuel l jackson"]),
        ("jean-luc godard car thief", ["jean luc godard"]),
        ("kubrick movie with candles", ["kubrick"]),
        ("a witch waits in the tilda, swinton sleeps", ["swinton"]),
        ("a man and his dog " * 20 + "tilda swinton", []),
        ("kubrick but not the shining", ["kubrick"]),
        ("a hotel, not by kubrick", []),
        ("a hotel in winter but without tilda swinton knowing it", []),
        ("carpenter builds a boat", []),
        ("tilda swinton and a swinton", ["tilda swinton"]),
    ],
)
def test_people_typed_in_lower_case_are_known_by_films_records(query: str, named: list[str]) -> None:
    known = {"tilda swinton", "samuel l jackson", "jean luc godard", "kubrick", "carpenter", "swinton"}
    people = clean(query, people=known.intersection, unheard=lambda word: word != "carpenter").hints.people
    assert [name for name in people if name in known] == named


PLOT = "A captain flies a ship through space to a far planet, and he finds a door there."
FILMS = [
    Movie("tame", "Quiet Orbit", PLOT, 1985, ("Drama",), extra={"director": ["Ana Lopez"], "country": "France"}),
    Movie("wild", "Loud Orbit", f"{PLOT} Aliens wait.", 1995, ("Comedy",), extra={"cast": "Max Weber, Bo Lind"}),
    Movie("named", "Rebecca", PLOT, 1940, ("Horror",), extra={"country": ["South Korea"], "language": "Korean"}),
]


@pytest.fixture
def found(tmp_path, encoder):
    """Asks a question of three films of nearly one story: ids in order, and notes."""
    with MovieSearch(tmp_path / "three", encoder=encoder) as search:
        search.ingest(FILMS)

        def ask(question: str, **wishes: object) -> tuple[list[str], str]:
            answer = search.find(question, **wishes)
            return [match.movie.id for match in answer.matches], "; ".join(answer.notes)

        yield ask


ASKED = "captain flies a ship to a far planet and finds a door"


@pytest.mark.parametrize(
    ("beside", "last"),
    [
        ("not from the 90s", "wild"),
        ("not a comedy", "wild"),
        ("no horror", "named"),
        ("not the Korean one", "named"),
        ("without aliens", "wild"),
        ("not the one with Max Weber", "wild"),
        ("without Max Weber", "wild"),
        ("no Korean films", "named"),
    ],
)
def test_what_is_not_wanted_comes_last_and_is_said(found, beside: str, last: str) -> None:
    films, notes = found(f"{ASKED}, {beside}")
    assert films[-1] == last and len(films) == 3
    assert notes == f"counted against films: “{beside}”"
    assert found(f"{ASKED}, {beside}", mode="dense")[1] == ""
    assert found(f"{ASKED}, {beside}", mode="lexical")[1] == f"not looked up: “{beside}”"


def test_a_thing_that_is_not_wanted_draws_no_film(found) -> None:
    assert found(f"{ASKED}, aliens wait")[0][0] == "wild"
    assert found(f"{ASKED}, without aliens")[0][0] != "wild"


def test_a_film_left_out_is_said_and_a_name_leaves_none_out(found) -> None:
    films, notes = found(f"{ASKED}. Not Rebecca")
    assert "named" not in films
    assert notes == "left out, as not the film that is meant: Rebecca (1940)"
    films, notes = found(f"{ASKED}; she is not Rebecca")
    assert "named" in films and notes == ""
    assert "named" in found(f"{ASKED}. Not Rebecca (2020)")[0]


@pytest.mark.parametrize(
    ("beside", "first"),
    [
        ("directed by Ana Lopez", "tame"),
        ("a Lopez film", "tame"),
        ("with Max Weber", "wild"),
        ("max weber sails", "wild"),
        ("that Korean one", "named"),
        ("French film", "tame"),
        ("in Korean", "named"),
    ],
)
def test_people_countries_and_languages_lift_and_exclude_none(found, beside: str, first: str) -> None:
    films, _ = found(f"{beside}, {ASKED}" if beside.endswith(("one", "film")) else f"a film, {ASKED}, {beside}")
    assert films[0] == first and len(films) == 3


def test_a_film_of_a_person_who_is_not_in_it_comes_behind_films_of_other_stories(open_search) -> None:
    search = open_search()
    shark = Movie("shark", "Fin", "A shark bites a swimmer.", 1975, extra={"cast": ["Max Weber"]})
    search.ingest([shark, Movie("other", "Two", "A baker sells bread.", 1980)], setting=SETTING)
    assert [match.movie.id for match in search.find("a shark bites, no Max Weber").matches] == ["other", "shark"]


def test_what_no_record_tells_is_said_not_to_count(found) -> None:
    films, notes = found(f"{ASKED}, not in black and white")
    assert len(films) == 3
    assert notes == "not looked up, as no film's record tells it: “not in black and white”"


def test_a_thing_of_two_words_counts_where_both_are_told(open_search) -> None:
    search = open_search()
    plot = "A spy steals a plan and flees."
    search.ingest(
        [
            Movie("bond", "One", f"{plot} James Bond wins.", 1990),
            Movie("james", "Two", f"{plot} James wins.", 1991),
            Movie("none", "Three", f"{plot} Nobody wins.", 1992),
        ],
        setting=SETTING,
    )
    matches = search.find("a spy steals a plan and flees, no James Bond").matches
    scores = {match.movie.id: match.score for match in matches}
    assert scores["bond"] < min(scores["james"], scores["none"]) - 0.1
    assert abs(scores["james"] - scores["none"]) < 0.1
