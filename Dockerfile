# Airflow's official image with the project in it. Airflow's version is that of requirements.txt.

FROM apache/airflow:slim-3.3.2-python3.11 AS build
COPY --chown=airflow:root tools/bootstrap.txt pyproject.toml hatch_dependencies.py requirements.in README.md LICENSE /build/
COPY --chown=airflow:root include /build/include
COPY --chown=airflow:root plugins /build/plugins
COPY --chown=airflow:root sql /build/sql
WORKDIR /build
RUN pip install --no-cache-dir --require-hashes -r bootstrap.txt \
    && pip wheel --no-deps --no-build-isolation --wheel-dir /build/dist . \
    && pip wheel --no-deps --no-build-isolation --wheel-dir /build/sandbox ./include/mailchimp_sandbox

FROM apache/airflow:slim-3.3.2-python3.11 AS pipeline
# Installed before the code is copied: a change of the code does not install them again.
# With Celery, so that one image serves all services, with each executor.
COPY --chown=airflow:root requirements-celery.txt /tmp/requirements-celery.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements-celery.txt
COPY --from=build /build/dist /tmp/dist
RUN pip install --no-cache-dir --no-deps /tmp/dist/*.whl
COPY --chown=airflow:root dags /opt/airflow/dags
COPY --chown=airflow:root plugins /opt/airflow/plugins
# Named volumes take owner and rights from these folders.
RUN mkdir -p /opt/airflow/logs /opt/airflow/data_docs /opt/airflow/auth

# The Mailchimp sandbox: only docker-compose.yaml's profile "sandbox" builds this.
FROM pipeline AS sandbox
COPY --from=build /build/sandbox /tmp/sandbox
RUN pip install --no-cache-dir --no-deps /tmp/sandbox/*.whl
RUN mkdir -p /opt/airflow/sandbox
ENTRYPOINT ["python", "-m", "mailchimp_sandbox"]

# What loads the dashboards into Superset: docker-compose.yaml's profile "bi".
FROM pipeline AS dashboards
COPY --chown=airflow:root include/dashboards /opt/dashboards/dashboards
ENV PYTHONPATH=/opt/dashboards

# Superset, whose packages and Airflow's do not fit together: the same profile.
FROM python:3.11-slim-bookworm AS superset
COPY requirements-bi.txt /tmp/requirements-bi.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements-bi.txt
RUN useradd --uid 50000 --gid 0 --home-dir /opt/superset/home --create-home superset
COPY include/dashboards /opt/superset/dashboards
ENV SUPERSET_CONFIG_PATH=/opt/superset/dashboards/superset_config.py SUPERSET_HOME=/opt/superset/home
USER superset

# The last stage is what a build without a target makes.
FROM pipeline
