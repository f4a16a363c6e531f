"""A few films that are easy to tell apart, and some that try to break a page."""

from moviesearch import Movie

SCRIPT = "<script>alert('title')</script>"

FILMS = [
    Movie("clock", "The Clock", "A clerk repairs the old clock. The clock stops a robbery. The end.", 1994, ("Crime",)),
    Movie(
        "clock-2", "The Clock Returns", "A clerk repairs another clock and meets a ghost.", 2001, ("Crime", "Horror")
    ),
    Movie("ghost", "Ghost Ship", "A ghost haunts a ship. The captain was the ghost all along.", 1979, ("Horror",)),
    Movie("opera", "Opéra", "A singer loses her voice before the premiere.", 1979, ("Drama",)),
    Movie("twin-1950", "Twins", "Two sisters change places.", 1950, ("Comedy",)),
    Movie("twin-1988", "Twins", "Two brothers change places.", 1988, ("Comedy",)),
    Movie("a/b?c#d e", "Slash & Mark", "A man walks into a path.", 1999, ("Drama",)),
    Movie(
        "script",
        SCRIPT,
        "<img src=x onerror=alert('plot')> walks into a \"bar\" & orders <b>gin</b>.",
        2010,
        ("<i>Odd</i>",),
        "javascript:alert('url')",
        {"director": ["<u>Nobody</u>"]},
    ),
]
