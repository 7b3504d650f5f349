# floorpulse: the worker, the wall and every other command, as a user without rights.
ARG PYTHON=3.11.14

# This stage has compilers, since Faust has no wheel for Linux on arm64.
FROM python:${PYTHON}-bookworm AS build
WORKDIR /build
COPY requirements.lock requirements-run.lock ./
RUN sed -n '/^setuptools==/,/[^\\]$/p' requirements.lock > build.lock \
    && pip install --no-cache-dir --require-hashes -r build.lock \
    && python -m venv --without-pip /opt/floorpulse \
    && pip --python /opt/floorpulse/bin/python install --no-cache-dir --require-hashes \
       -r requirements-run.lock
COPY pyproject.toml README.md ./
COPY metrics metrics
COPY streams streams
COPY dashboards dashboards
COPY floorpulse floorpulse
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/floorpulse/bin/python install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:${PYTHON}-slim-bookworm
# The folder exists so that a volume mounted there belongs to the user.
RUN python -m pip uninstall --yes --quiet pip setuptools wheel \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin floorpulse \
    && install -d -o floorpulse -g floorpulse /etc/alerting
COPY --from=build /opt/floorpulse /opt/floorpulse
ENV PATH=/opt/floorpulse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLOORPULSE_BIND=0.0.0.0
USER 10001:10001
EXPOSE 9464 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9464/livez', timeout=4)"]
ENTRYPOINT ["floorpulse"]
CMD ["worker"]
