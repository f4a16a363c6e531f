"""The films that the crash tests store: two versions of one collection, always the same."""

import random
from dataclasses import replace

from support.hash_encoder import SETTING, HashEncoder, cosine

from moviesearch import Movie
from moviesearch.embedding.passages import split, whole_film

_WORDS = "sailor baker camel piano ghost island letter winter queen train mirror thief garden robot desert song".split()


def plot(number, version=0):
    """What happens in a version of a film: one to six sentences."""
    chance = random.Random(f"{number}/{version}")
    sentences = (
        f"The {chance.choice(_WORDS)} of scene{number}x{version}x{at} meets a {chance.choice(_WORDS)} and takes the "
        f"{chance.choice(_WORDS)} home."
        for at in range(chance.randint(1, 6))
    )
    return " ".join(sentences)


def _film(number):
    return Movie(f"f{number}", f"Film {number}", plot(number), 1900 + number, ("Drama",), None, {"number": number})


FIRST = tuple(_film(number) for number in range(40))

SECOND = tuple(
    replace(film, plot=plot(at, 1)) if at % 3 == 0 else replace(film, year=2000) if at % 7 == 0 else film
    for at, film in enumerate(FIRST)
    if at % 10
) + tuple(_film(number) for number in range(40, 46))

VERSIONS = {"first": FIRST, "second": SECOND, "few": FIRST[:12], "few changed": SECOND[:12], "fewer": FIRST[2:8]}

ONE_MORE = _film(99)

QUERIES = ("a thief takes the piano home", "The queen of scene4x0x0 meets a ghost", "scene43x0x0 camel")


def texts(films, setting=SETTING):
    """All that is embedded for films."""
    tokenize = HashEncoder().tokenize
    return {text for film in films for text in (*split(film, tokenize, setting), whole_film(film.title, film.plot))}


def right_answer(films, query, setting, limit, encoder=None):
    """(film id, cosine of its best passage), worked out by hand."""
    encoder = encoder or HashEncoder()
    asked = encoder.vector(query)
    best = {
        film.id: max(cosine(asked, encoder.vector(text)) for text in split(film, encoder.tokenize, setting))
        for film in films
    }
    return sorted(best.items(), key=lambda pair: (-round(pair[1], 5), pair[0]))[:limit]
