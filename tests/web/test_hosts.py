"""Names and origins, as people write them for --host, --allow-host and --cors."""

import pytest

from moviesearch.errors import UsageError
from moviesearch.web import hosts
from moviesearch.web.options import ServeOptions


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["films.example"], ("films.example",)),
        (["Films.Example.", "films.example:8443"], ("films.example",)),
        (["one.example, two.example", "three.example,"], ("one.example", "two.example", "three.example")),
        (["192.168.1.7:80", "[FE80::7]:80", "::1", "[::ffff:10.0.0.7]"], ("192.168.1.7", "fe80::7", "::1", "10.0.0.7")),
        (["bücher.example", "my_service"], ("xn--bcher-kva.example", "my_service")),
        (["*"], ("*",)),
        ([" ", ""], ()),
    ],
)
def test_names_come_in_one_spelling(given, names):
    assert hosts.allowed_names(given) == names


@pytest.mark.parametrize(
    "given", ["*.example", "films example", "films/", "user@films", "a..b", "films:port", "x" * 64]
)
def test_what_is_no_name_is_refused(given):
    with pytest.raises(UsageError, match=r"--allow-host .* is no name of a host"):
        hosts.allowed_names([given])


def test_an_address_in_the_place_of_a_name_is_told():
    with pytest.raises(UsageError, match="takes a name alone"):
        hosts.allowed_names(["https://films.example/"])


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("https://site.example", "https://site.example"),
        ("https://site.example/", "https://site.example"),
        (" HTTPS://Site.EXAMPLE ", "https://site.example"),
        ("https://site.example:443", "https://site.example"),
        ("http://site.example:80/", "http://site.example"),
        ("https://site.example:80", "https://site.example:80"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::0001]:3000/", "http://[::1]:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("moz-extension://0b6c-2f", "moz-extension://0b6c-2f"),
        ("*", "*"),
    ],
)
def test_origins_come_as_browsers_spell_them(given, origins):
    assert hosts.allowed_origins([given]) == (origins,)


def test_several_origins_are_each_kept_once_and_all_is_all():
    given = ["https://one.example,https://two.example/", "https://one.example:443"]
    assert hosts.allowed_origins(given) == ("https://one.example", "https://two.example")
    assert hosts.allowed_origins([*given, "*"]) == ("*",)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("site.example", "no scheme"),
        ("localhost:3000", "no scheme"),
        ("//site.example", "no scheme"),
        ("https://site.example/app", "an origin ends there: https://site.example"),
        ("https://site.example?x=1", "an origin ends there"),
        ("https://site.example/#top", "an origin ends there"),
        ("https://me:pw@site.example", "holds a user"),
        ("https://*.site.example", "no pattern"),
        ("https://", "names no host"),
        ("https://site.example:99999", "is no address"),
        ("https://site.example:" + "9" * 5000, "is no address"),
        ("https://site example", "no host that could be one"),
        ("file:///home/me/page.html", "no origin"),
        ("null", "would let in pages of every site"),
    ],
)
def test_what_is_no_origin_is_refused_with_the_reason(given, reason):
    with pytest.raises(UsageError, match="--cors") as caught:
        hosts.allowed_origins([given])
    assert reason in str(caught.value)


def names_at(host, *allowed, local=False, has_token=False):
    return hosts.names_of_server(host, allowed, local=local, has_token=has_token)


def test_a_server_for_this_machine_has_no_name_that_it_was_not_given():
    assert names_at("127.0.0.1", local=True) == ("127.0.0.1",)
    assert names_at("127.0.0.1", "films.example", local=True, has_token=True) == ("127.0.0.1", "films.example")


def test_a_server_for_others_goes_by_the_machine_s_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Cellar.home.example")
    told = ("0.0.0.0", "cellar.home.example", "cellar", "cellar.local")
    assert names_at("0.0.0.0") == told
    assert names_at("0.0.0.0", "films.example") == (*told, "films.example")
    monkeypatch.setattr("socket.gethostname", lambda: "no name at all")
    assert names_at("::") == ("::",)


def test_a_server_for_others_that_wants_a_token_takes_any_name_unless_told_which():
    assert names_at("0.0.0.0", has_token=True) == ("*",)
    assert "*" not in names_at("0.0.0.0", "films.example", has_token=True)


def test_options_of_a_program_are_read_alike():
    options = ServeOptions(hosts=("Films.example:80",), origins=("https://Site.example/",))
    assert (options.hosts, options.origins) == (("films.example",), ("https://site.example",))
    for wrong in ({"token": ""}, {"token": "two words"}, {"hosts": ("a b",)}, {"origins": ("site.example",)}):
        with pytest.raises(UsageError):
            ServeOptions(**wrong)
