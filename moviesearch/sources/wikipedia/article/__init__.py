"""What an article says: its sections, film box, categories and plain words. Pure functions on text and wikitext."""
