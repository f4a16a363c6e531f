# moviesearch with its bundled model on ONNX Runtime; no PyTorch, no root, nothing fetched when it runs.
# Another base, or this one by its digest, is given with --build-arg PYTHON_IMAGE=...; it needs Python 3.11 or newer with
# venv.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/moviesearch
# Every file is compared with its sha256; scripts/lock writes them.
COPY deploy/requirements.txt deploy/
RUN /opt/moviesearch/bin/python -m pip install --quiet --no-deps --require-hashes --requirement deploy/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY moviesearch moviesearch
RUN /opt/moviesearch/bin/python -m pip install --quiet --no-deps . \
    && /opt/moviesearch/bin/python -m pip uninstall --quiet --yes pip setuptools

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 moviesearch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /cache --shell /usr/sbin/nologin moviesearch \
    && install -d -o 10001 -g 10001 -m 700 /cache
COPY --from=build /opt/moviesearch /opt/moviesearch
ENV PATH=/opt/moviesearch/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 \
    ORT_DISABLE_TELEMETRY=1 ANONYMIZED_TELEMETRY=False HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 \
    MOVIESEARCH_CACHE=/cache MOVIESEARCH_DATA=/cache/store
USER 10001:10001
# The model's graph is written, checked against sentence-transformers' vectors and kept: an empty volume starts with it.
RUN python -c "from moviesearch.embedding.load import load; from moviesearch.config import Settings; load(None, Settings().cache)"
VOLUME /cache
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/health', timeout=4).read()"]
ENTRYPOINT ["moviesearch"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765"]
