"""Films from Wikipedia, by the run."""
