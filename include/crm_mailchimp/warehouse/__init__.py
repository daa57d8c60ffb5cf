"""The warehouse database: migrations, views, COPY loading, watermarks, locks."""
