"""Folders of films as media centres keep them: which files count, which pictures are theirs, what is read again."""

import os
import sys
from dataclasses import replace

import pytest
from support.nfo import write_nfo as nfo

from moviesearch.errors import SourceError
from moviesearch.records import FilmFile, FolderEnd, Movie, Rejected
from moviesearch.sources import read
from moviesearch.sources.media_files import part_to_read
from moviesearch.sources.media_folder import read_folder


@pytest.fixture
def films(tmp_path):
    root = tmp_path / "Films"
    root.mkdir()
    return root


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


class Found:
    """What a folder gives, apart."""

    def __init__(self, root, known=None):
        notes, self.sizes, self.bytes = [], [], 0
        items = list(read_folder(str(root), known, on_note=notes.append, on_size=self.sizes.append, on_bytes=self._add))
        self.notes = [str(note) for note in notes]
        self.movies = [item for item in items if isinstance(item, Movie)]
        self.titles = sorted(movie.title for movie in self.movies)
        self.rejected = [str(item) for item in items if isinstance(item, Rejected)]
        self.files = {item.path: item for item in items if isinstance(item, FilmFile)}
        self.end = items[-1]
        assert isinstance(self.end, FolderEnd)

    def _add(self, count):
        self.bytes += count

    def poster(self, title="Bell"):
        movie = next(movie for movie in self.movies if movie.title == title)
        poster = movie.extra.get("poster")
        return poster and os.path.relpath(poster, os.fsdecode(self.end.path))


def test_a_film_is_in_a_folder_of_its_own_beside_its_video_or_on_a_disc(films):
    nfo(films / "One (1999)" / "movie.nfo", "One")
    nfo(films / "Two (1999)" / "Two.1999.1080p.nfo", "Two")
    nfo(films / "Flat" / "Three.nfo", "Three")
    nfo(films / "Flat" / "Four.nfo", "Four")
    nfo(films / "By letter" / "F" / "Five (1999)" / "VIDEO_TS" / "VIDEO_TS.nfo", "Five")
    nfo(films / "Six (1999)" / "BDMV" / "index.nfo", "Six")
    nfo(films / "SEVEN" / "MOVIE.NFO", "Seven")
    found = Found(films)
    assert found.titles == ["Five", "Four", "One", "Seven", "Six", "Three", "Two"]
    assert (found.rejected, found.notes, found.end.files, found.end.unreadable) == ([], [], 7, ())
    assert found.sizes == [found.bytes] and found.bytes > 500
    assert sorted(movie.title for movie in read(films)) == found.titles


def test_what_of_a_film_goes_where(films):
    path = nfo(films / "Bell" / "movie.nfo", inside="<director>Ida Vance</director><genre>Drama</genre>")
    (films / "Bell" / "poster.jpg").touch()
    (movie,) = read(films)
    assert movie == Movie(
        movie.id,
        "Bell",
        "A bell rings.",
        1999,
        ("Drama",),
        None,
        {"director": ["Ida Vance"], "nfo": str(path), "poster": str(films / "Bell" / "poster.jpg")},
    )
    assert movie.id.startswith("bell-1999~")


@pytest.mark.parametrize(
    ("name", "pictures", "poster"),
    [
        ("movie.nfo", ["fanart.jpg", "folder.jpg", "poster.png"], "poster.png"),
        ("movie.nfo", ["Folder.JPG", "bell-fanart.jpg"], "Folder.JPG"),
        ("Bell.nfo", ["Bell-poster.webp", "poster.jpg"], "Bell-poster.webp"),
        ("Bell.nfo", ["cover.jpeg"], "cover.jpeg"),
        ("Bell.nfo", ["Bell.jpg", "Bell-fanart.jpg"], "Bell.jpg"),
        ("Bell-cd1.nfo", ["Bell-poster.jpg"], "Bell-poster.jpg"),
        ("Bell.nfo", ["Buoy-poster.jpg", "fanart.png", "poster.txt"], None),
    ],
)
def test_the_picture_beside_a_film(films, name, pictures, poster):
    nfo(films / "Bell" / name)
    touch(*(films / "Bell" / picture for picture in pictures))
    assert Found(films).poster() == (poster and f"Bell/{poster}")


def test_a_folder_of_several_films_has_no_poster_of_its_own(films):
    for title in ("Bell", "Buoy"):
        nfo(films / f"{title}.nfo", title)
        touch(films / f"{title}.mkv")
    touch(films / "poster.jpg", films / "Buoy-poster.jpg", films / "folder.jpg")
    found = Found(films)
    assert (found.poster("Bell"), found.poster("Buoy")) == (None, "Buoy-poster.jpg")


def test_a_trailer_and_a_second_part_are_no_second_film(films):
    nfo(films / "Bell.nfo")
    touch(films / "Bell-cd1.avi", films / "Bell-cd2.avi", films / "Bell-trailer.mp4", films / "poster.jpg")
    assert Found(films).poster() == "poster.jpg"


def test_the_picture_of_a_disc_lies_beside_its_folder(films):
    nfo(films / "Bell" / "VIDEO_TS" / "VIDEO_TS.nfo")
    touch(films / "Bell" / "folder.jpg", films / "Bell" / "VIDEO_TS" / "VTS_01_1.VOB")
    assert Found(films).poster() == "Bell/folder.jpg"


def test_shows_music_sets_and_texts_are_left_out_and_counted(films):
    nfo(films / "Bell" / "movie.nfo")
    nfo(films / "Lost" / "tvshow.nfo", root="tvshow")
    for number in range(3):
        nfo(films / "Lost" / "Season 1" / f"Lost S01E0{number}.nfo", root="episodedetails")
    nfo(films / "Song" / "Song.nfo", root="musicvideo")
    nfo(films / "Bells" / "set.nfo", root="set")
    nfo(films / "Other" / "package.nfo", root="package")
    (films / "Bell" / "grp.nfo").write_bytes("▄▄ BELL 1080p ▀▀".encode("cp437"))
    (films / "Buoy").mkdir()
    (films / "Buoy" / "Buoy.nfo").write_text("https://www.imdb.com/title/tt0000009/\n")
    nfo(films / "Mute" / "movie.nfo", "Mute", plot="")
    nfo(films / "Mute2" / "movie.nfo", "Mute 2", plot="N/A")
    found = Found(films)
    assert (found.titles, found.rejected) == (["Bell"], [])
    assert found.notes == [
        "Bell/grp.nfo: is a text of something else, and no XML: left out",
        "Bells/set.nfo: is of a set of films: left out",
        "Buoy/Buoy.nfo: gives a film's address alone, without title and plot: left out",
        "Lost/tvshow.nfo: is of a tv show, a season or an episode: left out (4 in all)",
        "Mute/movie.nfo: plot: is missing, as are outline and tagline: the film is left out (2 in all)",
        "Other/package.nfo: is XML of something else than a film: left out",
        "Song/Song.nfo: is of music: left out",
    ]


def test_hidden_folders_and_extras_beside_a_film_are_not_looked_at(films):
    bell = films / "Bell (1999)"
    nfo(bell / "movie.nfo")
    for name in ("Trailers", "extras", "Behind The Scenes", ".actors", "@eaDir"):
        nfo(bell / name / "x.nfo", name)
    nfo(bell / "._movie.nfo", "AppleDouble")
    nfo(bell / "Bell-trailer.nfo", "Trailer")
    nfo(films / ".Trash" / "a" / "movie.nfo", "Thrown away")
    nfo(films / "Ignored" / "a" / "movie.nfo", "Ignored")
    nfo(films / "By tools" / "a" / "movie.nfo", "Ignored")
    touch(films / "Ignored" / ".nomedia", films / "By tools" / ".tmmignore")
    nfo(films / "Shorts" / "Buoy (2001)" / "movie.nfo", "Buoy")  # no film lies beside: these are films
    assert Found(films).titles == ["Bell", "Buoy"]


def test_two_files_of_one_film(films):
    imdb = "<imdbid>tt0000009</imdbid>"
    nfo(films / "Bell" / "Bell.nfo", "Another title", inside=imdb)
    nfo(films / "Bell" / "movie.nfo", inside=imdb)
    assert (Found(films).titles, Found(films).rejected) == (["Bell"], [])
    nfo(films / "Bell 4K" / "movie.nfo", inside=imdb)
    assert Found(films).rejected == ["Bell 4K/movie.nfo: the same film as in Bell/movie.nfo; that one is kept"]


def test_films_of_one_title_and_year_by_different_directors_are_two(films):
    nfo(films / "a" / "movie.nfo", inside="<director>Ida Vance</director>")
    nfo(films / "b" / "movie.nfo", inside="<director>Ole Berg</director>")
    assert len({movie.id for movie in Found(films).movies}) == 2


def test_a_film_without_a_title_is_called_as_its_file(films):
    for path in ("Bell (1999)/movie.nfo", "x/The.Buoy.2001.1080p.WEB-GRP.nfo", "Ship (1958)/VIDEO_TS/VIDEO_TS.nfo"):
        nfo(films / path, "", "")
    assert sorted((movie.title, movie.year) for movie in Found(films).movies) == [
        ("Bell", 1999), ("Ship", 1958), ("The Buoy", 2001)
    ]  # fmt: skip


def test_broken_files_are_rejected_by_name_and_oddities_noted(films):
    (films / "a.nfo").write_text("<movie><tile>Bell</title><plot>A bell rings.</plot></movie>")
    (films / "b.nfo").write_text('<!DOCTYPE movie [<!ENTITY a "b">]><movie><title>B</title><plot>&a;</plot></movie>')
    (films / "c.nfo").write_text("<movie><title>Bell</title><plot>It rings.</plot>\n<genre>x</movie>")
    nfo(films / "d.nfo", "Buoy", year="soon")
    found = Found(films)
    assert found.rejected == [
        "a.nfo: broken XML in line 1 (mismatched tag)",
        "b.nfo: declares a document type of its own, which isn't read, to be safe",
    ]
    assert found.notes == [
        "c.nfo: broken XML in line 2 (mismatched tag): what stands behind that is left out",
        "d.nfo: year: 'soon' holds no year from 1870 to 2100: the film is stored without it",
    ]
    assert found.titles == ["Bell", "Buoy"]


def test_links_that_lead_in_circles_or_nowhere(films):
    nfo(films / "a" / "movie.nfo")
    (films / "a" / "up").symlink_to(films)
    (films / "again").symlink_to(films / "a")
    (films / "nowhere").symlink_to(films / "gone")
    (films / "gone.nfo").symlink_to(films / "gone")
    elsewhere = films.parent / "elsewhere"
    nfo(elsewhere / "movie.nfo", "Buoy")
    (films / "linked").symlink_to(elsewhere)
    found = Found(films)
    assert (found.titles, found.rejected, found.end.unreadable) == (["Bell", "Buoy"], [], ())


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_names_that_are_not_utf8(films):
    path = os.fsencode(films) + b"/Gl\xf6ckchen (1999)"
    os.mkdir(path)
    for name, text in ((b"movie.nfo", b"<movie><title/><plot>A bell rings.</plot></movie>"), (b"poster.jpg", b"")):
        with open(path + b"/" + name, "wb") as file:
            file.write(text)
    found = Found(films)
    assert [(movie.title, movie.extra) for movie in found.movies] == [("Gl\ufffdckchen", {})]
    assert list(found.files) == [path + b"/movie.nfo"]
    assert len(found.notes) == 3 and all("UTF-8" in note or "is missing" in note for note in found.notes)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told(films):
    nfo(films / "a" / "movie.nfo")
    nfo(films / "b" / "movie.nfo")
    (films / "b").chmod(0)
    try:
        found = Found(films)
    finally:
        (films / "b").chmod(0o755)
    assert found.titles == ["Bell"] and found.end.unreadable == (os.fsencode(films / "b"),)
    assert found.notes == ["b: the folder can't be read (Permission denied); films of it stay as they are"]


def test_what_can_not_be_read_at_all(films):
    with pytest.raises(SourceError, match="there is no folder .*: check the name, and that its disk is there"):
        list(read_folder(str(films / "nowhere")))
    with pytest.raises(SourceError, match="has no NFO files"):
        list(read_folder(str(films)))
    nfo(films / "Lost" / "tvshow.nfo", root="tvshow")
    with pytest.raises(SourceError, match="holds no films"):
        list(read(films))


def test_unchanged_files_are_not_opened(films, monkeypatch):
    nfo(films / "Bell" / "movie.nfo")
    nfo(films / "Lost" / "tvshow.nfo", root="tvshow")
    nfo(films / "Buoy" / "movie.nfo", "Buoy")
    first = Found(films)
    nfo(films / "Buoy" / "movie.nfo", "The Buoy")  # another size
    nfo(films / "Ship" / "movie.nfo", "Ship")
    opened = []
    monkeypatch.setattr("builtins.open", lambda path, *rest, real=open: opened.append(path) or real(path, *rest))
    again = Found(films, first.files)
    assert opened == [str(films / name / "movie.nfo") for name in ("Buoy", "Ship")]
    assert again.titles == ["Ship", "The Buoy"]
    assert again.notes == first.notes
    assert [file.is_read for file in again.files.values()] == [False, True, False, True]
    assert again.end.files == 4


def test_a_new_picture_is_a_change_and_what_was_just_written_is_read_again(films):
    path = nfo(films / "Bell" / "movie.nfo")
    known = Found(films).files
    assert Found(films, known).titles == []
    touch(films / "Bell" / "poster.jpg")
    assert Found(films, known).titles == ["Bell"]
    known = Found(films).files
    path.touch()
    known = Found(films, known).files
    assert Found(films, known).titles == ["Bell"]


def test_a_film_told_badly_since_keeps_its_record_and_one_that_makes_way_does_not(films):
    path = nfo(films / "Bell" / "movie.nfo")
    known = Found(films).files
    (film,) = {file.film for file in known.values()}
    path.write_text("<movie><title>Bell</title></movie>")
    assert [file.film for file in Found(films, known).files.values()] == [film]
    path.write_text("<movie><tile>Bell</title></movie>")
    assert [file.film for file in Found(films, known).files.values()] == [film]
    path.write_text("<tvshow><title>Bell</title></tvshow>")
    assert [file.film for file in Found(films, known).files.values()] == [""]


def test_a_double_is_read_when_the_file_that_told_the_film_is_gone(films):
    imdb = "<imdbid>tt0000009</imdbid>"
    first = nfo(films / "a" / "movie.nfo", inside=imdb)
    nfo(films / "b" / "movie.nfo", inside=imdb)
    known = Found(films).files
    assert (Found(films, known).titles, Found(films, known).rejected) == ([], [])
    first.unlink()
    assert Found(films, known).titles == ["Bell"]


def test_a_folder_that_had_films_and_has_none_now_is_no_mistake(films):
    nfo(films / "a" / "movie.nfo").unlink()
    file = FilmFile(os.fsencode(films / "a" / "movie.nfo"), 1, 1, b"", "film", "bell-1999")
    assert Found(films, {file.path: file}).end == FolderEnd(os.fsencode(films), 0)
    elsewhere = replace(file, path=b"/elsewhere/movie.nfo")
    with pytest.raises(SourceError, match="has no NFO files"):
        Found(films, {elsewhere.path: elsewhere})


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ("Bell/movie.nfo", "Bell"),
        ("Bell/poster.JPG", "Bell"),
        ("Bell", "Bell"),
        ("Bell/VIDEO_TS/VIDEO_TS.nfo", "Bell"),
        ("Bell/Trailers/x.nfo", "Bell"),
        ("Ship.nfo", ""),
        ("", ""),
        ("Gone (1999)", "Gone (1999)"),
        ("Gone (1999)/movie.nfo", "Gone (1999)"),
        ("Bell/.nomedia", "Bell"),
        ("Bell/Bell.mkv", None),
        ("Bell/Bell.en.srt", None),
        ("Bell/Bell.mkv.part", None),
        ("Bell/notes", None),
        ("Bell/.actors/Nora.jpg", None),
        ("Bell/.movie.nfo.swp", None),
        ("@eaDir/x.jpg", None),
        ("Ignored/a/movie.nfo", None),
        ("../elsewhere/movie.nfo", None),
    ],
)
def test_which_part_of_a_folder_a_change_is_read_with(films, changed, part):
    for path in (
        "Bell/movie.nfo",
        "Bell/VIDEO_TS/VIDEO_TS.nfo",
        "Bell/Trailers/x.nfo",
        "Ship.nfo",
        "Ignored/a/movie.nfo",
    ):
        nfo(films / path)
    touch(films / "Bell" / "notes", films / "Ignored" / ".nomedia")
    root = str(films)
    assert part_to_read(root, os.path.join(root, changed)) == (None if part is None else str(films / part))


def test_a_poster_that_another_source_names_is_found_from_its_file(tmp_path):
    films = tmp_path / "films.jsonl"
    films.write_text(
        '{"title": "Bell", "plot": "A bell rings.", "poster": "pictures/../bell.jpg"}\n'
        '{"title": "Buoy", "plot": "Two sisters race.", "Poster": "https://example.org/buoy.jpg"}\n'
        '{"title": "Ship", "plot": "A ship sails.", "poster": "/pictures/ship.jpg"}\n'
        '{"title": "Sail", "plot": "A sail tears.", "poster": "C:\\\\pictures\\\\sail.jpg"}\n'
    )
    assert [movie.extra for movie in read(films)] == [
        {"poster": str(tmp_path / "bell.jpg")},
        {"Poster": "https://example.org/buoy.jpg"},
        {"poster": "/pictures/ship.jpg"},
        {"poster": "C:\\pictures\\sail.jpg"},
    ]
