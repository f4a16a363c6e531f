"""`moviesearch fetch`, under the name that it had before it was a command."""

import sys

from moviesearch.__main__ import main

if __name__ == "__main__":  # processes that read a dump import this file
    sys.argv[1:2] = ["fetch", "--dump"] if sys.argv[1:2] == ["dump"] else sys.argv[1:2]
    main()
