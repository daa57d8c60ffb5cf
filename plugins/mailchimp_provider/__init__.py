"""Airflow provider: the connection type ``mailchimp``, and what works with such a connection.

Airflow finds ``get_provider_info`` by the entry point ``apache_airflow_provider`` of the installed
package. It is read by every Airflow process at its start, so nothing heavy is imported here.
"""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """What Airflow shall know: the connection type with its form, and the modules of each kind.

    Its form is that of ``provider_info.schema.json`` in Airflow 3.3.
    """
    return {
        "package-name": "crm-mailchimp",
        "name": "Mailchimp",
        "description": "Mailchimp Marketing API: contacts out of the CRM, campaign reports back.",
        "integrations": [
            {
                "integration-name": "Mailchimp",
                "external-doc-url": "https://mailchimp.com/developer/marketing/",
                "tags": ["service"],
            }
        ],
        "hooks": [
            {
                "integration-name": "Mailchimp",
                "python-modules": ["mailchimp_provider.hooks.mailchimp"],
            }
        ],
        "operators": [
            {
                "integration-name": "Mailchimp",
                "python-modules": [
                    "mailchimp_provider.operators.campaign",
                    "mailchimp_provider.operators.collection",
                    "mailchimp_provider.operators.start_run",
                ],
            }
        ],
        "triggers": [
            {
                "integration-name": "Mailchimp",
                "python-modules": ["mailchimp_provider.triggers.campaign"],
            }
        ],
        "notifications": [
            "mailchimp_provider.alerts.FailureAlert",
            "mailchimp_provider.alerts.RecoveryNotice",
            "mailchimp_provider.alert_receivers.WebhookNotifier",
            "mailchimp_provider.alert_receivers.EventsNotifier",
        ],
        "asset-uris": [
            {
                "schemes": ["mailchimp"],
                "handler": "mailchimp_provider.assets.sanitize_uri",
                "to_openlineage_converter": (
                    "mailchimp_provider.assets.convert_asset_to_openlineage"
                ),
            }
        ],
        "connection-types": [
            {
                "connection-type": "mailchimp",
                "hook-name": "Mailchimp",
                "hook-class-name": "mailchimp_provider.hooks.mailchimp.MailchimpHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "schema", "port"],
                    "relabeling": {"password": "API key", "host": "Other host"},
                    "placeholders": {
                        "password": "ends in the data centre, such as -us21",
                        "host": "empty for Mailchimp; http://127.0.0.1:8099 for the sandbox",
                    },
                },
                "conn-fields": {
                    "timeout": {
                        "label": "Timeout",
                        "description": "Seconds to wait for an answer; Mailchimp itself gives up"
                        " after 120.",
                        "schema": {"type": ["integer", "null"], "minimum": 1, "default": 125},
                    },
                    "retry_deadline": {
                        "label": "Retry for",
                        "description": "Seconds within which what can heal (throttling, server"
                        " errors, lost connections) is tried again.",
                        "schema": {"type": ["integer", "null"], "minimum": 0, "default": 300},
                    },
                },
            }
        ],
    }
