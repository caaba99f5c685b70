# syntax=docker/dockerfile:1

# The digest is that of the index of all platforms; `docker buildx imagetools inspect python:3.13-slim-trixie` tells today's.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
WORKDIR /src
RUN python -m venv /opt/build && python -m venv /opt/gateway
COPY requirements/ requirements/
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && /opt/gateway/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w /dist . \
    && /opt/gateway/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM base
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="Asset Gateway" \
    org.opencontainers.image.description="One GraphQL API over the IT-asset products of several vendors" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
# The base image has no bytecode of the standard library, and who runs the gateway may write none: each start would compile it.
RUN useradd --system --no-create-home --uid 10001 gateway \
    && python -m compileall -q -x '/(site-packages|test|idlelib|turtledemo|ensurepip)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["asset-gateway"]
CMD ["serve", "--host", "0.0.0.0"]
