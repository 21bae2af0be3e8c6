# The dashboard alone: what requirements-app.lock pins, each file checked by its hash, and no
# TensorFlow. Runs as a user without rights; only /var/lib/sulcus is written to.
FROM python:3.11-slim-bookworm AS packages
COPY requirements-app.lock /tmp/requirements-app.lock
RUN python -m venv /opt/sulcus \
    && /opt/sulcus/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
       --require-hashes -r /tmp/requirements-app.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin sulcus \
    && install --directory --owner sulcus --mode 0700 /var/lib/sulcus
COPY --from=packages /opt/sulcus /opt/sulcus
WORKDIR /srv/sulcus
COPY .streamlit .streamlit
COPY assets assets
COPY docs/checklist.md docs/checklist.md
COPY pyproject.toml pyproject.toml
COPY ml ml
COPY app app
ENV PATH=/opt/sulcus/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOME=/tmp SULCUS_HOME=/var/lib/sulcus
USER 10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app/main.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
