"""Every film of a Wikipedia dump, on all cores, to be stopped and resumed anywhere."""
