"""Whether a collection is sound."""

from moviesearch.collection import check
from moviesearch.collection.in_folder import FolderCollection
from moviesearch.storage.locks import gate


def wrong_in(search):
    """What `search.verify()` finds wrong, or None; in a folder without the process that it starts each time."""
    collection = search._collection
    if not isinstance(collection, FolderCollection):
        return search.verify()
    with gate(collection.folder, write=False):
        if collection.ledger.uncommitted():
            return "films are half stored"
        if check.words_are_out_of_step(collection):
            return "the word index is out of step"
        return collection.ledger.check() or check.check(collection, "all")
