"""Where data is kept, one module for each kind of file: SQLite, Chroma, tantivy, locks.

No other package imports chromadb or tantivy.
"""

from moviesearch.privacy import turn_reports_off

turn_reports_off()
