FROM python:3.11-slim
WORKDIR /flowscope
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN pip install --no-cache-dir -r requirements.lock
COPY engine engine
COPY server server
COPY frontend frontend
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
EXPOSE 8050
CMD ["flowscope", "serve", "--host", "0.0.0.0"]
