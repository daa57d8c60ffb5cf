"""The warehouse database: migrations, COPY loading, watermarks, locks."""
