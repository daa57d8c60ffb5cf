"""The warehouse database: migrations, views, COPY loading, locks."""
