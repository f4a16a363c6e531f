"""All that keeps a collection, as one: opened, written, checked, repaired, copied."""
