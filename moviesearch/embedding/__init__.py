"""Text -> passages -> vectors: how plots are cut, which model embeds them, and on what it runs."""
