"""A real MediaWiki for the tests, the pages that fill it, and a server that misbehaves."""
