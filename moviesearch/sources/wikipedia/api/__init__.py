"""The pages of a list of films, asked for politely through a MediaWiki's API."""
