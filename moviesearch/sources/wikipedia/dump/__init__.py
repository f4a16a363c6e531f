"""Every film of a Wikipedia dump, on all cores. A run that was stopped anywhere goes on from there."""
