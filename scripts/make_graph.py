"""Write the outline of the bundled model that comes with the package: its graph, without the weights.

Usage: python scripts/make_graph.py     (after a change to embedding/bert_graph.py)
"""

from moviesearch.config import Settings
from moviesearch.embedding.bert_graph import outline_file, write_outline
from moviesearch.embedding.models import locate

model = locate(None, Settings().cache)
target = outline_file(model.float_digest)
target.parent.mkdir(exist_ok=True)
write_outline(model.folder, target)
print(f"{model.name}: {target}")
