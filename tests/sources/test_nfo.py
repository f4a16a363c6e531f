"""NFO files as programs and people write them: which fields are taken, from what encodings, and how far when broken."""

import pytest

from moviesearch.sources.nfo import read_nfo
from moviesearch.sources.nfo_xml import LONGEST

KODI = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Die Glocke</title>
    <originaltitle>The Bell</originaltitle>
    <sorttitle>Glocke 1</sorttitle>
    <ratings>
        <rating name="themoviedb" max="10"><value>6.100000</value><votes>77</votes></rating>
        <rating name="imdb" max="100" default="true"><value>74.000000</value><votes>335</votes></rating>
    </ratings>
    <userrating>0</userrating>
    <outline>A bell under a pier.</outline>
    <plot>A diver finds a bell under the pier.[CR]At night it rings.</plot>
    <tagline>It rings.</tagline>
    <runtime>96</runtime>
    <thumb aspect="poster" preview="">https://example.org/poster.jpg</thumb>
    <mpaa>Rated PG</mpaa>
    <playcount>2</playcount>
    <lastplayed>2021-02-11</lastplayed>
    <id>1234</id>
    <uniqueid type="tmdb" default="true">1234</uniqueid>
    <uniqueid type="imdb">tt0012345</uniqueid>
    <genre>Drama</genre>
    <genre>Mystery / Sea</genre>
    <country>Germany</country>
    <country>France</country>
    <set><name>Bells</name><overview>All the bells.</overview></set>
    <tag>diving</tag>
    <credits>Ben Lund</credits>
    <credits>Calvin Roe (Head of Story)</credits>
    <director>Ida Vance</director>
    <premiered>1999-03-04</premiered>
    <year>1998</year>
    <studio>Pier Pictures</studio>
    <fileinfo><streamdetails><video><durationinseconds>5000</durationinseconds></video>
        <audio><language>eng</language></audio></streamdetails></fileinfo>
    <actor><name>Nora Bell</name><role>Diver</role><order>0</order></actor>
    <actor><name>Otto Kern</name><role>Keeper</role><order>1</order></actor>
</movie>
"""

JELLYFIN = """<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<movie>
  <plot>Two sisters race boats.</plot>
  <lockdata>false</lockdata>
  <title>Buoy</title>
  <language>de</language>
  <countrycode>DE</countrycode>
  <director>Ida Vance, Ole Berg, Jr.</director>
  <writer>Ben Lund</writer>
  <credits>Ben Lund</credits>
  <rating>6,9</rating>
  <year>2001</year>
  <imdbid>tt0054321</imdbid>
  <tmdbid>77</tmdbid>
  <tmdbcolid>999</tmdbcolid>
  <runtime>1h 41min</runtime>
  <country>Norway / Denmark</country>
  <watched>false</watched>
  <playcount>1</playcount>
  <actor><name>Siv Dahl</name><type>Actor</type></actor>
  <actor><name>Ole Berg</name><type>Director</type></actor>
  <set tmdbcolid="999">Boats</set>
</movie>
"""


def values(text, encoding="utf-8"):
    told = read_nfo(text.encode(encoding))
    assert (told.kind, told.fault) == ("film", "")
    return told.values


def film(inside):
    return values(f"<movie><title>Bell</title><plot>A bell rings.</plot>{inside}</movie>")


def test_what_kodi_writes():
    assert values(KODI) == {
        "id": "tt0012345",
        "title": "Die Glocke",
        "plot": "A diver finds a bell under the pier.\nAt night it rings.",
        "year": "1998",
        "genres": ["Drama", "Mystery", "Sea"],
        "original_title": "The Bell",
        "sort_title": "Glocke 1",
        "director": ["Ida Vance"],
        "writer": ["Ben Lund", "Calvin Roe"],
        "cast": ["Nora Bell", "Otto Kern"],
        "country": ["Germany", "France"],
        "runtime": 96,
        "premiered": "1999-03-04",
        "studio": ["Pier Pictures"],
        "collection": "Bells",
        "tags": ["diving"],
        "mpaa": "Rated PG",
        "rating": 7.4,
        "ids": {"tmdb": "1234", "imdb": "tt0012345"},
        "outline": "A bell under a pier.",
        "tagline": "It rings.",
        "watched": True,
        "playcount": 2,
    }


def test_what_jellyfin_writes():
    assert values(JELLYFIN) == {
        "id": "tt0054321",
        "title": "Buoy",
        "plot": "Two sisters race boats.",
        "year": "2001",
        "director": ["Ida Vance", "Ole Berg, Jr."],
        "writer": ["Ben Lund"],
        "cast": ["Siv Dahl"],
        "country": ["Norway", "Denmark"],
        "runtime": 101,
        "collection": "Boats",
        "rating": 6.9,
        "ids": {"imdb": "tt0054321", "tmdb": "77"},
        "watched": False,
    }


@pytest.mark.parametrize(
    ("inside", "ids"),
    [
        ('<id IMDB="tt0000009" TMDB="9">x</id>', {"imdb": "tt0000009", "tmdb": "9"}),
        ("<id>tt0000009</id><tmdbId>9</tmdbId>", {"imdb": "tt0000009", "tmdb": "9"}),
        ('<imdb id="tt0000009">http://www.imdb.com/title/tt0000009</imdb>', {"imdb": "tt0000009"}),
        ("<ids><entry><key>tmdb</key><value>9</value></entry></ids>", {"tmdb": "9"}),
        ('<uniqueid type="Trakt">9</uniqueid><wikidataid>Q9</wikidataid>', {"trakt": "9", "wikidata": "Q9"}),
        ('<id>791</id><uniqueid type="tmdbcol">9</uniqueid><tmdbsetid>9</tmdbsetid><imdbid/>', None),
    ],
)
def test_ids_wherever_they_stand(inside, ids):
    assert film(inside).get("ids") == ids


@pytest.mark.parametrize(
    ("inside", "name", "value"),
    [
        ("<languages>English, German</languages><language>French</language>", "language", ["English", "German"]),
        ("<language>French</language>", "language", ["French"]),
        ("<language>pt-BR</language><original_language>ja</original_language>", "language", ["ja"]),
        ("<runtime>PT2H</runtime>", "runtime", 120),
        ("<runtime>1:35:10</runtime>", "runtime", 95),
        ("<runtime>96 min.</runtime>", "runtime", 96),
        ("<runtime>0</runtime>", "runtime", None),
        ("<runtime/><fileinfo><streamdetails><video><durationinseconds>5400.25</durationinseconds></video>"
         "</streamdetails></fileinfo>", "runtime", 90),
        ("<year>0</year><premiered>2002-06-21</premiered>", "year", "2002-06-21"),
        ("<year>soon</year>", "year", "soon"),
        ("<rating max='5'>4</rating>", "rating", 8.0),
        ("<rating>n/a</rating>", "rating", None),
        ("<country>Korea, Republic of</country>", "country", ["Korea, Republic of"]),
        ("<country>USA, Canada|UK</country>", "country", ["USA", "Canada", "UK"]),
        ("<director>Unknown</director>", "director", None),
        ("<director tmdbid='7'><name>Ida Vance</name></director>", "director", ["Ida Vance"]),
        ("<actors><actor><name>Nora Bell</name></actor></actors>", "cast", ["Nora Bell"]),
        ("<playcount>0</playcount>", "watched", False),
        ("<watched>1</watched>", "watched", True),
        ("", "watched", None),
    ],
)  # fmt: skip
def test_other_ways_to_write_a_field(inside, name, value):
    assert film(inside).get(name) == value


def test_without_a_plot_the_outline_is_taken_then_the_tagline():
    told = values(
        "<movie><title>Bell</title><plot>N/A</plot><outline>A bell.</outline><tagline>It rings.</tagline></movie>"
    )
    assert (told["plot"], told.get("outline"), told["tagline"]) == ("A bell.", None, "It rings.")
    assert values("<movie><title>Bell</title><plot/><tagline>It rings.</tagline></movie>")["plot"] == "It rings."
    assert "plot" not in values("<movie><title>Bell</title><plot>No overview found.</plot></movie>")


GLOCKE = "<movie><title>Glöckchen – „Ohé“</title><plot>Es läutet.</plot></movie>"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-8", "utf-32"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("utf-8", "cp1252"),  # what it declares isn't so
        ("windows-1252", "utf-8"),
        ("punycode", "utf-8"),
        ("no-such-thing", "cp1252"),
    ],
)
def test_encodings(declared, encoding):
    text = f"<?xml version='1.0' encoding='{declared}'?>\r\n{GLOCKE}"
    assert values(text, encoding)["title"] == "Glöckchen – „Ohé“"
    assert values(GLOCKE, encoding)["title"] == "Glöckchen – „Ohé“"


def test_a_declared_encoding_of_another_script():
    text = '<?xml version="1.0" encoding="GB2312"?><movie><title>钟</title><plot>一口钟。</plot></movie>'
    assert values(text, "gb2312")["title"] == "钟"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Lilo &amp; Stitch", "Lilo & Stitch"),
        ("Lilo & Stitch", "Lilo & Stitch"),
        ("Lilo &amp;amp; Stitch", "Lilo & Stitch"),
        ("Am&eacute;lie &hearts; &nosuch; &lt;3", "Amélie ♥ &nosuch; <3"),
        ("I <3 You", "I <3 You"),
        ("<![CDATA[Lilo & Stitch]]>", "Lilo & Stitch"),
        ("Bell&#39;s &#x2019; &#0;\x01End", "Bell's ’ End"),
        ("&lt;i&gt;Bell&lt;/i&gt; [B]Two[/B]", "Bell Two"),
    ],
)
def test_entities_that_xml_lacks_and_marks_that_are_left(written, title):
    assert values(f"<movie><title>{written}</title><plot>A bell rings.</plot></movie>")["title"] == title


def test_paragraphs_of_a_plot_stay():
    told = film("<plot>One.<br/>Two.&lt;p&gt;Three.&lt;/p&gt;\n\n   Four.</plot>".replace("plot", "outline"))
    assert told["outline"] == "One.\nTwo.\nThree.\nFour."


def test_an_address_behind_the_xml_or_instead_of_it():
    bell = "<movie><title>Bell</title><plot>A bell rings.</plot></movie>"
    told = values(f"{bell}\nhttps://www.themoviedb.org/movie/77-bell?language=de&x=<y\n")
    assert told["id"] == "tmdb-77"
    assert values(f"{bell}\nhttp://www.imdb.com/title/tt0000009/")["ids"] == {"imdb": "tt0000009"}
    assert values(bell.replace("<title>", "<imdbid>tt0000001</imdbid><title>") + "imdb.com/title/tt0000009")["ids"] == {
        "imdb": "tt0000001"
    }
    for text in ("https://www.themoviedb.org/movie/58\nhttps://www.imdb.com/title/tt4154796\n", "tt4154796\n"):
        assert read_nfo(text.encode()).kind == "address"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<tvshow><title>Lost Bells</title></tvshow>", "tv"),
        ("<episodedetails><title>1</title></episodedetails>\n<episodedetails><title>2</title></episodedetails>", "tv"),
        ("<?xml version='1.0'?>\n<season><title>1</title></season>", "tv"),
        ("<musicvideo><title>Bells</title></musicvideo>", "music"),
        ("<artist><name>Bell</name></artist>", "music"),
        ("<set><title>Bells</title></set>", "set"),
        ("<package><name>Bell</name></package>", "other"),
        ("▄▄▄ BELL.1999.1080p ▀▀▀ <-- enjoy", "text"),
        ("", "text"),
    ],
)
def test_what_is_no_film(text, kind):
    told = read_nfo(text.encode())
    assert (told.kind, told.values, told.fault) == (kind, {}, "")


def test_of_several_films_the_first_is_taken_and_the_others_are_named():
    told = read_nfo(
        b"<?xml version='1.0'?><movie><title>One</title><plot>P.</plot></movie>\n"
        b"<?xml version='1.0'?><movie><title>Two</title><plot>Q.</plot></movie>"
    )
    assert (told.values["title"], told.titles, told.fault) == ("One", ("Two",), "")


def test_what_stands_before_a_mistake_is_kept():
    told = read_nfo(
        b"\n<movie>\n<title>Bell</title>\n<plot>A bell rings.</plot>\n<genre>Drama</gnre>\n<year>1999</year></movie>"
    )
    assert (told.fault, told.values["title"], "year" in told.values) == (
        "broken XML in line 5 (mismatched tag)",
        "Bell",
        False,
    )
    cut = read_nfo(KODI.encode()[:700])
    assert (cut.values["title"], cut.fault.startswith("broken XML in line ")) == ("Die Glocke", True)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'<!DOCTYPE movie [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><movie><title>&b;</title></movie>', "declares a"),
        (b'<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>', "declares a"),
        (b"<movie>" + b"<a>" * 100 + b"</a>" * 100 + b"</movie>", "nested more than 32 deep"),
        (b"<movie>" * 500_000, "nested more than 32 deep"),
        (b"<movie><plot>" + b"a" * LONGEST, "longer than 4 MiB"),
    ],
)
def test_what_would_be_unsafe_is_not_read(raw, fault):
    told = read_nfo(raw)
    assert fault in told.fault
    assert "plot" not in told.values


def test_a_document_type_elsewhere_is_not_fetched():
    text = (
        '<!DOCTYPE movie SYSTEM "http://example.org/movie.dtd"><movie><title>&ent;</title><plot>P &ent;</plot></movie>'
    )
    assert values(text)["plot"] == "P &ent;"


def test_a_text_of_very_many_lines():
    told = film("<outline>" + "A bell.\n" * 200_000 + "</outline>")
    assert told["outline"].count("\n") == 199_999
