"""A Chroma server: where it is, what it may be asked, and a collection there that many write to at once."""
