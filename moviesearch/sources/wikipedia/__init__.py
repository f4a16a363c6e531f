"""Films from Wikipedia: the pages of a list of films through its API, or every film from one of its dumps."""
