"""Lists of films that people keep: what they have seen, what they want to fetch."""
