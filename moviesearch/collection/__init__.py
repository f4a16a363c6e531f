"""A collection as a whole: how it is opened, written, checked, repaired and copied."""

from moviesearch.privacy import turn_reports_off

turn_reports_off()
