"""A question asked back on the page: each reply is an address, said over the answers, and can be taken back."""

import html
import re
from urllib.parse import parse_qs, urlsplit

from moviesearch import Movie

FILMS = [
    Movie(
        f"film-{number}",
        f"Film {number}",
        "A keeper lights a lamp by the sea." + (" A ship sinks." if number % 3 else ""),
        1950 + 2 * number,
        ("Drama",) if number % 2 else ("Horror",),
        None,
        {"country": ["France"] if number % 4 < 2 else ["Japan"]},
    )
    for number in range(24)
]


def replies(text):
    """The question that is asked, and the parameters of each reply's address."""
    box = text.partition('<div class="asked"')[2].partition("</div>")[0]
    question = re.search(r'<p id="asked">(.*?)</p>', box)
    links = re.findall(r'<a class="button" href="([^"]*)" data-live>(.*?)</a>', box)
    asked = html.unescape(question[1]) if question else None
    return asked, {html.unescape(words): html.unescape(address) for address, words in links}


def ids(text):
    return re.findall(r'<a href="/films/([^"]*)">', text)


def test_a_question_is_asked_where_no_film_is_clear_and_its_replies_are_addresses(client):
    text = client.get("/?plot=a+lamp+by+the+sea").text
    asked, answers = replies(text)
    assert asked.endswith("?")
    assert list(answers) == ["Yes", "No", "I don’t know"]
    yes = client.get(answers["Yes"]).text
    assert f"{asked} yes" in html.unescape(yes)
    assert replies(yes)[0] != asked
    assert ids(yes) != ids(client.get(answers["No"]).text)


def test_who_does_not_know_is_asked_another_and_the_order_stays(client):
    text = client.get("/?plot=a+lamp+by+the+sea").text
    asked, answers = replies(text)
    after = client.get(answers["I don’t know"]).text
    assert ids(after) == ids(text)
    assert replies(after)[0] not in (None, asked)
    assert f"{asked} unknown" not in html.unescape(after)


def test_a_reply_is_taken_back(client):
    _, answers = replies(client.get("/?plot=a+lamp+by+the+sea").text)
    text = client.get(answers["Yes"]).text
    chip = re.search(r'<span>[^<]*\? yes</span>\s*<a href="([^"]*)"', text)
    assert parse_qs(urlsplit(html.unescape(chip[1])).query) == {"plot": ["a lamp by the sea"]}


def test_three_questions_at_most(client):
    address = "/?plot=a+lamp+by+the+sea"
    for _ in range(3):
        asked, answers = replies(client.get(address).text)
        if asked is None:
            break
        address = answers["I don’t know"]
    assert replies(client.get(address).text) == (None, {})


def test_an_address_with_a_reply_to_no_question_says_so(client):
    answer = client.get("/?plot=a+lamp&reply=colour:red%3Dyes")
    assert answer.status_code == 400
    assert "no question" in answer.text
    assert client.get("/?plot=a+lamp&reply=genre:horror%3Dperhaps").status_code == 200
