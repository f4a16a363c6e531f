# Sourced by the other scripts: a virtual environment in .venv with the project in it, made once and kept up to date.
# Usage: prepare EXTRAS       ("" or "dev")

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=${MOVIESEARCH_VENV:-$root/.venv}

python_3_11() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "moviesearch needs Python 3.11 or newer with venv and pip (on Debian and Ubuntu: apt install python3 python3-venv)" >&2
    exit 1
}

prepare() {
    extras=$1
    stamp=$venv/.moviesearch-${extras:-run}
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        python=$(python_3_11) || exit 1
        echo "making a virtual environment in $venv" >&2
        "$python" -m venv "$venv"
    fi
    wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
        echo "installing moviesearch and what it needs (a few minutes, once)" >&2
        "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check \
            --constraint "$root/constraints.txt" --editable "$root${extras:+[$extras]}"
        echo "$wanted" > "$stamp"
    fi
    PATH=$venv/bin:$PATH
    export PATH
}
