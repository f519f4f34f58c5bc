FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY scripts/compile_texts.py scripts/
COPY faq faq
COPY src src
RUN python -m venv /omnibot \
 && /omnibot/bin/pip install --no-cache-dir -c constraints.txt '.[scaled,fast]'

FROM python:3.11.14-slim-bookworm
COPY --from=build /omnibot /omnibot
# A volume that is mounted on /data takes this directory's owner.
RUN useradd --system --uid 10001 --home-dir /data omnibot && install -d -o omnibot -g omnibot -m 0700 /data
ENV PATH=/omnibot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OMNIBOT_SERVER__HOST=0.0.0.0 \
    OMNIBOT_SERVER__DATA_DIR=/data
USER omnibot
WORKDIR /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["omnibot", "serve"]
