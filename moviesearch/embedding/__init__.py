"""Text -> passages -> vectors: how plots are cut, which model embeds them, and on what it runs."""

from moviesearch.privacy import turn_reports_off

turn_reports_off()
