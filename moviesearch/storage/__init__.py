"""The things that keep something, each alone: SQLite, Chroma, tantivy, locks.

Nothing else imports chromadb or tantivy.
"""
