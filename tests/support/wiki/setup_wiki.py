"""Set up a real MediaWiki on this machine, filled with the test pages: Debian's package, PHP's own server, SQLite.

    cd tests && python -m support.wiki.setup_wiki FOLDER [PORT]

makes the wiki in FOLDER and serves it on 127.0.0.1 until it is stopped. Needed: the packages `mediawiki php-cli
php-sqlite3 php-mbstring php-xml php-intl`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

PACKAGES = "mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl"
MEDIAWIKI = Path("/usr/share/mediawiki")
_EXTENSIONS = ("TextExtracts", "Cite", "ParserFunctions")
_PHP_MODULES = ("intl", "mbstring", "pdo_sqlite", "xml")

_SETTINGS = """
$wgJobRunRate = 0;
$wgMainCacheType = CACHE_NONE;
$wgParserCacheType = CACHE_DB;
$wgShowExceptionDetails = true;
$wgHooks['InterwikiLoadPrefix'][] = function ( $prefix, &$data ) {
    $data = [ 'iw_url' => "https://$prefix.wikipedia.org/wiki/$1", 'iw_local' => 1, 'iw_trans' => 0,
              'iw_api' => '', 'iw_wikiid' => '' ];
    return !in_array( $prefix, [ 'de', 'en', 'fr' ] );
};
"""
"""The last of these makes `[[en:Title]]` a link to the page of another language."""


def missing() -> str:
    """Say what this machine lacks for the wiki; empty when nothing."""
    if shutil.which("php") is None:
        return f"there is no php: apt-get install {PACKAGES}"
    if not (MEDIAWIKI / "maintenance" / "install.php").exists():
        return f"there is no {MEDIAWIKI}: apt-get install {PACKAGES}"
    loaded = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.casefold().split()
    lacking = [module for module in _PHP_MODULES if module not in loaded]
    return f"PHP lacks {', '.join(lacking)}: apt-get install {PACKAGES}" if lacking else ""


@dataclass(frozen=True, slots=True)
class Wiki:
    """A wiki in a folder, to be served at a port."""

    folder: Path
    port: int

    @property
    def api(self) -> str:
        """The address of the wiki's API."""
        return f"http://127.0.0.1:{self.port}/api.php"

    def build(self, pages: Mapping[str, str], language: str = "en") -> None:
        """Install the wiki, of a language, and fill it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._php(
            "install.php",
            *("--confpath", str(self.folder), "--dbtype", "sqlite", "--dbpath", str(self.folder / "db")),
            *("--dbname", "films", "--server", f"http://127.0.0.1:{self.port}", "--scriptpath", ""),
            *("--lang", language),
            *("--pass", "a long enough passphrase", "--extensions", ",".join(_EXTENSIONS), "--skins", ""),
            *("Films", "Admin"),
            configured=False,
        )
        with (self.folder / "LocalSettings.php").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        imported = self.folder / "pages.xml"
        imported.write_text(_export(pages), encoding="utf-8")
        self._php("importDump.php", str(imported))
        self._php("runJobs.php")
        self._php("refreshLinks.php")

    def dump(self, target: Path) -> None:
        """Write the wiki's dump of its current pages, as Wikipedia publishes its own."""
        self._php("dumpBackup.php", "--current", "--quiet", f"--output=file:{target}")

    def serve(self, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; the caller terminates it."""
        with open(log or os.devnull, "ab") as out:
            server = subprocess.Popen(
                ["php", "-S", f"127.0.0.1:{self.port}", "-t", str(MEDIAWIKI)],
                env=self._environment(),
                stdout=out,
                stderr=out,
            )
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"{self.api}?action=query&format=json", timeout=20):
                    return server
            except OSError:
                if server.poll() is not None:
                    break
                time.sleep(0.1)
        server.kill()
        raise RuntimeError(f"the wiki doesn't answer at {self.api}")

    def _php(self, script: str, *arguments: str, configured: bool = True) -> None:
        done = subprocess.run(
            ["php", str(MEDIAWIKI / "maintenance" / script), *arguments],
            env=self._environment() if configured else None,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{script} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "MW_CONFIG_FILE": str(self.folder / "LocalSettings.php")}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _export(pages: Mapping[str, str]) -> str:
    """Return the pages in MediaWiki's own XML format."""
    body = "".join(
        f"<page><title>{escape(title)}</title><ns>{10 if title.startswith('Template:') else 0}</ns><id>{number}</id>"
        f"<revision><id>{number}</id><timestamp>2024-01-01T00:00:00Z</timestamp><contributor><username>Admin</username>"
        f"<id>1</id></contributor><model>wikitext</model><format>text/x-wiki</format>"
        f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
        for number, (title, text) in enumerate(pages.items(), 1)
    )
    namespace = "http://www.mediawiki.org/xml/export-0.11/"
    return f'<mediawiki xmlns="{namespace}" version="0.11" xml:lang="en">{body}</mediawiki>'


def main() -> None:
    """Set the wiki up and serve it."""
    from .pages import PAGES

    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if lack := missing():
        sys.exit(lack)
    wiki = Wiki(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else free_port())
    wiki.build(PAGES)
    server = wiki.serve()
    print(f"{wiki.api} (Ctrl-C stops it)", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        server.terminate()


if __name__ == "__main__":
    main()
