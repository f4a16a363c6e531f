"""A Chroma server: its address, its client, and a collection there that many write to at once."""
