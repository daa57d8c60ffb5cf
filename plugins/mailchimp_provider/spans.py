"""The pipeline's own figures on the span of the running task, where Airflow traces tasks."""

from __future__ import annotations

from collections.abc import Mapping


def note_figures(figures: Mapping[str, object]) -> None:
    """Put figures on the span of the task; without tracing nothing happens.

    Args:
        figures: counts by name; what is no count is left out.
    """
    from opentelemetry import trace  # noqa: PLC0415 - DAG files import the tasks

    trace.get_current_span().set_attributes(
        {
            f"mailchimp.{name}": figure
            for name, figure in figures.items()
            if isinstance(figure, int) and not isinstance(figure, bool)
        }
    )
