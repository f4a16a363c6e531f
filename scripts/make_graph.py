"""Write the outlines of the bundled model and of its query encoder that come with the package: graphs without weights.

Usage: python scripts/make_graph.py     (after a change to embedding/bert_graph.py)
"""

from moviesearch.config import Settings
from moviesearch.embedding.bert_graph import outline_file, write_outline
from moviesearch.embedding.models import locate

model = locate(None, Settings().cache)
for of_queries in (False, True):
    target = outline_file(model.float_digest, of_queries=of_queries)
    target.parent.mkdir(exist_ok=True)
    write_outline(model.folder, target, of_queries=of_queries)
    print(f"{model.name}: {target}")
