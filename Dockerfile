# Built in one stage, run in another: no pip and no build tools in what runs, no root, nothing written but /data and /tmp.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/flowscope
ENV PATH=/opt/flowscope/bin:$PATH
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN pip install --no-cache-dir -r requirements.lock
COPY engine engine
COPY server server
COPY frontend frontend
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
 && pip uninstall -y hatchling trove-classifiers pathspec pluggy \
 && pip uninstall -y pip

FROM python:3.11-slim
ENV PATH=/opt/flowscope/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
RUN useradd --uid 1000 --no-create-home flowscope && install -d -o 1000 -g 1000 /data
COPY --from=build /opt/flowscope /opt/flowscope
USER 1000:1000
VOLUME /data
EXPOSE 8050
CMD ["flowscope", "serve", "--host", "0.0.0.0", "--data", "/data"]
