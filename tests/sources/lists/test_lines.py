"""Lists that people write by hand, one film a line, in all the ways there are."""

from pathlib import Path

import pytest

from moviesearch.sources.lists.entries import dated
from moviesearch.sources.lists.read import list_of


def read(text):
    return list_of(text.encode(), Path("list.txt"))


def films(text):
    return [(entry.title, entry.year) for entry in read(text).entries]


@pytest.mark.parametrize(
    "line, film",
    [
        ("The Green Lamp", ("The Green Lamp", None)),
        ("The Green Lamp (1931)", ("The Green Lamp", 1931)),
        ("The Green Lamp [1931]", ("The Green Lamp", 1931)),
        ("The Green Lamp, 1931", ("The Green Lamp", 1931)),
        ("The Green Lamp - 1931", ("The Green Lamp", 1931)),
        ("The Green Lamp – 1931", ("The Green Lamp", 1931)),
        ("The Green Lamp\t1931", ("The Green Lamp", 1931)),
        ("The Green Lamp 1931", ("The Green Lamp", 1931)),
        ("(1931) The Green Lamp", ("The Green Lamp", 1931)),
        ("The Green Lamp (Ada Quill, 1931)", ("The Green Lamp", 1931)),
        ("The Green Lamp (1931, Ada Quill)", ("The Green Lamp", 1931)),
        ("The Green Lamp (1931–1933)", ("The Green Lamp", 1931)),
        ("Green Lamp, The (1931)", ("The Green Lamp", 1931)),
        ("Green Lamp, The", ("The Green Lamp", None)),
        ('"The Green Lamp" (1931)', ("The Green Lamp", 1931)),
        ("“The Green Lamp”", ("The Green Lamp", None)),
        ("«The Green Lamp», 1931", ("The Green Lamp", 1931)),
        ("**The Green Lamp** (1931)", ("The Green Lamp", 1931)),
        ("[The Green Lamp](https://films.example/lamp) (1931)", ("The Green Lamp", 1931)),
        ("[[The Green Lamp]] (1931)", ("The Green Lamp", 1931)),
        ("The Green Lamp (1931) - what a film!", ("The Green Lamp", 1931)),
        ("The Green Lamp (1931)   # with Ada", ("The Green Lamp", 1931)),
        ("The Green Lamp #favourites", ("The Green Lamp", None)),
        ("2021-05-06 The Green Lamp (1931)", ("The Green Lamp", 1931)),
        ("06.05.2021: The Green Lamp", ("The Green Lamp", None)),
        ("The Green Lamp - 2021-05-06", ("The Green Lamp", None)),
        ("The Green Lamp (1931/II)", ("The Green Lamp", 1931)),
        ("The Green Lamp (II) (1931)", ("The Green Lamp", 1931)),
        ("Lamps &amp; Owls &#39;31 (1931)", ("Lamps & Owls '31", 1931)),
        ("7.The Green Lamp", ("The Green Lamp", None)),
    ],
)
def test_a_line_is_a_title_and_its_year(line, film):
    assert films(line) == [film]


@pytest.mark.parametrize(
    "bullet",
    ["- ", "* ", "+ ", "• ", "•", "– ", "— ", "· ", "▪ ", "◦ ", "‣ ", "> ", "→ ", "✓ ", "✔️ ", "☑ ", "✅ ", "☐", "❌ ",
     "[x] ", "[ ] ", "- [x] ", "1. ", "12) ", "3.) ", "4] ", "[4] ", "#5 ", "- 6. ", "a) ", "\t- ", "\u200b"],
)  # fmt: skip
def test_bullets_and_numbers_of_every_kind(bullet):
    assert films(f"{bullet}The Green Lamp (1931)\n{bullet}Ten O'Clock") == [
        ("The Green Lamp", 1931), ("Ten O'Clock", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rating",
    ["★★★½", "★★★☆☆", "⭐⭐⭐", "⭐️⭐️", "8/10", "4.5/5", "[8/10]", "- 7,5/10", "✓", "✔️", "👍", "♥", "★★ ♥", "(seen)",
     "(rewatch)", "★★★★ ✓"],
)  # fmt: skip
def test_ratings_and_ticks_behind_are_no_part_of_the_title(rating):
    assert films(f"The Green Lamp (1931) {rating}\nTen O'Clock {rating}\n") == [
        ("The Green Lamp", 1931), ("Ten O'Clock", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "title",
    ["1917", "300", "12 Angry Owls", "2001: A Lamp Odyssey", "Blade Walker 2049", "3:10 to Noor", "(500) Days of Rain",
     "[REC]", "#Awake", "8½", "*batteries not included", "-30-", "Fahrenheit 9/11", "50/50", "$9.99", "1984",
     "Lamp/Off", "Lamp, Boat & Hat", "M. Quill's Holiday", "WALL·E", "Up", "What's Up?", "Waiting...", "Am I OK?", "+1",
     "千と千尋の神隠し"],
)  # fmt: skip
def test_titles_that_look_like_something_else_stay_whole(title):
    assert films(f"{title} (2012)\nThe Green Lamp (1931)\n")[0] == (title, 2012)
    assert films(f"The Green Lamp (1931)\n{title}\nTen O'Clock (1960)\n")[1] == (title, None)


def test_a_bare_year_is_the_films_where_most_lines_have_one():
    assert films("REC 2007\nThe Ring 2002\nHeat\n") == [("REC", 2007), ("The Ring", 2002), ("Heat", None)]
    assert films("Class of 1999\nThe Ring (2002)\nHeat (1995)\n")[0] == ("Class of 1999", None)


def test_several_films_on_one_line():
    assert films("Heat (1995), The Ring (2002); Up (2009)") == [("Heat", 1995), ("The Ring", 2002), ("Up", 2009)]
    assert films("Heat; The Ring; Up\n") == [("Heat", None), ("The Ring", None), ("Up", None)]


def test_boxes_to_tick_are_read():
    entries = read("- [x] Heat (1995)\n- [ ] Up (2009)\n☑ The Ring\n☐ Owls\n").entries
    assert [entry.ticked for entry in entries] == [True, False, True, False]
    assert {entry.ticked for entry in read("- Heat\n- Up\n").entries} == {None}


def test_numbers_without_a_dot_go_where_they_count():
    assert films("1 The Ring\n2 Heat\n3 12 Angry Owls\n") == [
        ("The Ring", None),
        ("Heat", None),
        ("12 Angry Owls", None),
    ]
    assert films("3 - The Ring\n2 - Heat\n1 - Up\n") == [("The Ring", None), ("Heat", None), ("Up", None)]
    assert films("12 Owls\n3 Lamps\n7 Hats\n") == [("12 Owls", None), ("3 Lamps", None), ("7 Hats", None)]


def test_years_in_front_go_where_most_lines_have_one():
    assert films("1995 - Heat\n2002 The Ring\n1968: 2001\n") == [("Heat", 1995), ("The Ring", 2002), ("2001", 1968)]


def test_comments_rules_and_headings():
    result = read("# my list\n\nWinter:\n------\n- Heat (1995)\n***\nhttps://films.example/x\n?!\ntt0012345\n- Up\n")
    assert [(entry.title, entry.year) for entry in result.entries] == [("Heat", 1995), ("Up", None)]
    assert [str(line) for line in result.unread] == [
        "line 3: is a heading", "line 7: is an address, and no title", "line 8: has no title",
        "line 9: is an id, and no title",
    ]  # fmt: skip


def test_a_header_of_one_column():
    assert films('Title\nHeat\n"One, Two"\n') == [("Heat", None), ("One, Two", None)]
    assert films("Film\nHeat (1995)\nUp\n") == [("Heat", 1995), ("Up", None)]
    assert films("Film") == [("Film", None)]


def test_lines_end_in_every_way():
    for end in ("\n", "\r\n", "\r"):
        assert films(f"Heat (1995){end}{end}Up{end}") == [("Heat", 1995), ("Up", None)]


def test_a_year_must_be_one_of_films():
    assert dated("Heat (1066)") == ("Heat (1066)", None)
    assert dated("Heat (1995) (2019)") == ("Heat", 1995)
    assert dated("(1995)") == ("(1995)", None)


def test_one_line_with_commas_is_said_to_be_one_title():
    listed = read("Jaws, Memento, Amélie, Alien\n")
    assert [entry.title for entry in listed.entries] == ["Jaws, Memento, Amélie, Alien"]
    assert "put each on a line of its own, or ; between" in listed.notes[0]
    assert not read("Planes, Trains and Automobiles\n").notes
    assert not read("Sex, Lies, and Videotape\nHeat\n").notes
