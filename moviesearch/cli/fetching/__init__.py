"""The work of `moviesearch fetch`: films of a list from Wikipedia, or all of a dump, into a collection or a file."""
