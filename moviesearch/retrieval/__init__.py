"""A request -> films in order: what was asked is understood, candidates are gathered, put in order, and shown."""
