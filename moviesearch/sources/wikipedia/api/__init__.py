"""The pages of a list of films, fetched politely through a MediaWiki's API."""
