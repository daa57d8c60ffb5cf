"""Every environment variable that the pipeline reads: its type, its default and its text.

A group is read where its values are used: ``SyncSettings.read()``. A field is named like its
variable: ``REMOVAL_GUARD_PERCENT`` is ``removal_guard_percent``. ``.env.example`` and
``docs/settings.md`` are written from this module by ``make docs``.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from pydantic import Field, SecretStr

from crm_mailchimp.setting_group import SettingError, Settings
from crm_mailchimp.setting_values import (
    Addresses,
    ContactLimits,
    Count,
    Days,
    DaysOrForever,
    FieldCount,
    Flag,
    Hours,
    HoursOrNever,
    Minutes,
    MinutesFromOne,
    OptionalAddress,
    OptionalFolder,
    OptionalRoutingKey,
    OptionalTimeZone,
    OptionalWebAddress,
    Password,
    Percent,
    Schedule,
    Tolerance,
    WebAddress,
)


class Schedules(Settings):
    """When the DAGs run

    In Airflow's time zone. Empty: by hand only.
    """

    sync_schedule: Schedule = Field(
        "@hourly", description="DAG sync_collections: contacts to audiences."
    )
    pull_schedule: Schedule = Field(
        "*/15 * * * *", description="DAG pull_statuses: opt-outs and bounces from Mailchimp."
    )
    reports_schedule: Schedule = Field(
        "0 */6 * * *", description="DAG extract_reports: reports to the warehouse."
    )
    erasure_schedule: Schedule = Field(
        "@daily", description="DAG erase_contacts: requests for erasure, and retention."
    )
    campaigns_schedule: Schedule = Field(
        "*/15 * * * *",
        description="DAG sync_campaigns: campaigns from the CRM's plan to the inbox.",
    )
    sendings_schedule: Schedule = Field(
        "*/10 * * * *", description="DAG watch_sendings: whether a sending goes well."
    )


class SyncSettings(Settings):
    """The sync of collections"""

    removal_guard_percent: Percent = Field(
        10,
        description="If a sync would remove a larger percentage of a collection's members, the"
        " collection is blocked until a person decides. Withdrawals and erasures do not count,"
        " and always go out.",
    )
    removal_guard_minimum: Count = Field(
        5,
        description="Fewer removals than this number do not block a collection. But more than half"
        " of its members always do.",
    )
    approval_valid_hours: Hours = Field(
        24,
        description="An approval of removals serves one run, and holds for this many hours. It is "
        "about one collection in one audience: about its tag there, or about its members.",
    )
    merge_field_limit: FieldCount = Field(
        30,
        description="Number of merge fields that an audience may have, with those made by hand."
        " It is 30, or 80 with Mailchimp's higher plans.",
    )
    clear_left_values: Flag = Field(
        True,
        description="true: Mailchimp's values of fields that are no longer synchronised are cleared"
        " once, for members that the pipeline may change. False leaves them. Then the detail of"
        " each run names the fields.",
    )


class QuestionSettings(Settings):
    """Questions to a person"""

    approval_timeout_hours: Hours = Field(
        24,
        description="Hours that approve_removals and release_campaigns wait for an answer. No"
        " answer counts as a rejection.",
    )
    approval_ask_again_hours: Hours = Field(
        168,
        description="After a rejection the same question is asked again after this many hours. If"
        " the members to remove or the reasons of the gate change, it is asked at once.",
    )


class WriteBackSettings(Settings):
    """Write-back to the CRM

    The login of crm_db then needs the right to write the table.
    """

    write_back_members: Flag = Field(
        False, description="true: the status of each member goes to crm.provider_member_status."
    )
    write_back_campaigns: Flag = Field(
        False, description="true: the status of each campaign goes to crm.provider_campaign."
    )


class DataDocsSettings(Settings):
    """Reports of the quality checks"""

    data_docs_dir: OptionalFolder = Field(
        None,
        description="The folder of these reports (Data Docs). All workers and the API server must"
        " share it. Default: data_docs in Airflow's home.",
        examples=["/opt/airflow/data_docs"],
    )


class AlertSettings(Settings):
    """Alerts

    For blocked, failed and late collections. An alert contains codes and counts, never people.
    Without an e-mail address, a web address and an integration key nobody gets an alert.
    """

    alert_emails: Addresses = Field(
        (),
        description="Addresses that get the mail, through Airflow's connection smtp_default.",
        examples=["data-team@example.com,dpo@example.com"],
    )
    alert_from_email: OptionalAddress = Field(
        None, description="The sender of that mail.", examples=["airflow@example.com"]
    )
    alert_webhook_url: OptionalWebAddress = Field(
        None,
        description='An incoming webhook that takes JSON with a "text" (Slack, Mattermost, Teams).',
        examples=["https://chat.example.com/hooks/0123456789"],
    )
    alert_events_key: OptionalRoutingKey = Field(
        None,
        description="The integration key of a service that calls people through PagerDuty's Events"
        " API v2. A trouble opens an incident, and its end resolves it.",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    alert_events_url: WebAddress = Field(
        "https://events.pagerduty.com/v2/enqueue",
        description="Where these events go. PagerDuty's accounts in Europe need"
        " https://events.eu.pagerduty.com/v2/enqueue.",
        examples=["https://events.eu.pagerduty.com/v2/enqueue"],
    )
    alert_late_hours: HoursOrNever = Field(
        24, description="Hours without a succeeded run after which a collection is late. 0: never."
    )
    alert_repeat_hours: HoursOrNever = Field(
        24, description="The same trouble causes another alert after this many hours."
    )


class ThresholdSettings(Settings):
    """The thresholds of a sync

    Above them a collection causes one alert: docs/operations.md. 100 switches a percentage off.
    """

    sync_most_rejected: Percent = Field(
        10,
        description="Percentage that Mailchimp may reject, of the contacts that a run adds, updates"
        " or sees rejected.",
    )
    sync_most_held_back: Percent = Field(
        50, description="Percentage of a collection's contacts that may be held back."
    )
    sync_most_expired: Percent = Field(
        10,
        description="Percentage of a collection's contacts whose consent may expire from one run to"
        " the next.",
    )
    sync_least_contacts: Count = Field(
        100, description="With fewer contacts than this a percentage says nothing: no alert."
    )
    sync_least_people: Count = Field(
        10, description="Fewer rejected, held back or expired contacts than this cause no alert."
    )


class BillSettings(Settings):
    """The bill

    Which contacts Mailchimp bills: docs/stats.md.
    """

    mailchimp_contact_limit: ContactLimits = Field(
        {},
        description="Number of contacts that the plan of the Mailchimp account includes, because"
        " the API does not show it. For several accounts write each connection's id and its number."
        " A number without an id is for all other accounts. 0: no limit.",
        examples=["mailchimp_default=50000,mailchimp_books=10000"],
    )
    mailchimp_contact_warning_percent: Percent = Field(
        90,
        description="An account with this percentage of its contacts or more causes an alert, and"
        " a note on the page.",
    )

    def contact_limit_of(self, account: str) -> int:
        """Number of contacts that an account's plan includes; 0: no limit is set.

        Args:
            account: id of its connection.
        """
        limits = self.mailchimp_contact_limit
        return limits.get(account, limits.get("", 0))


class ReportSettings(Settings):
    """Reports"""

    report_time_zone: OptionalTimeZone = Field(
        None,
        description="The time zone of the days and hours in the marts. Default: Airflow's own"
        " (core.default_timezone).",
        examples=["Europe/Athens"],
    )
    refresh_marts_hours: Hours = Field(
        2,
        description="Hours after which refresh_marts ends. Dashboards then stay as they were.",
    )


class CampaignSettings(Settings):
    """Campaigns

    The gate before a campaign is scheduled and sent: docs/campaigns.md.
    """

    campaign_max_sync_age: Minutes = Field(
        120, description="The gate is closed if the audience's last sync is older (minutes)."
    )
    campaign_max_lateness: Minutes = Field(
        1440, description="A campaign that is later than this is not sent (minutes)."
    )
    campaign_recipient_tolerance: Tolerance = Field(
        10,
        description="Mailchimp's count of recipients may differ from ours by this many percent.",
    )
    campaign_recipient_limit: Count = Field(
        0,
        description="Largest number of recipients of one campaign. Enter the limit of the account's"
        " plan, because the API does not show it. 0: no limit.",
    )
    campaign_schedule_in_mailchimp: Flag = Field(
        True,
        description="false: the pipeline itself waits and sends, for plans without scheduling.",
    )
    campaign_schedule_ahead: Minutes = Field(
        5,
        description="A campaign enters Mailchimp's schedule this long before its time (minutes)."
        " From then on Mailchimp sends it even if nothing of the pipeline runs. A longer time shows"
        " it earlier in Mailchimp's calendar, and is more risk.",
    )
    campaign_last_check: MinutesFromOne = Field(
        2,
        description="A scheduled campaign is taken back and judged again this long before it is"
        " sent (minutes). At most CAMPAIGN_SCHEDULE_AHEAD.",
    )
    campaign_wait: Minutes = Field(
        20,
        description="A run starts to wait for campaigns that are due within this time (minutes)."
        " If the next run is later than that, it waits for all campaigns due before that run.",
    )
    campaign_release_holds: Minutes = Field(
        1440, description="How long a person's release of a closed gate holds (minutes)."
    )


class SendingSettings(Settings):
    """The health of a sending

    When there is too much of something: docs/campaigns.md. 100 switches a percentage off.
    """

    sending_most_hard_bounces: Percent = Field(
        2, description="Percentage of the mails whose address may not exist."
    )
    sending_most_complaints: Percent = Field(
        0.1, description="Percentage of the delivered mails that people may report as spam."
    )
    sending_most_unsubscribes: Percent = Field(
        2, description="Percentage of the delivered mails by which people may unsubscribe."
    )
    sending_least_mails: Count = Field(
        200, description="A sending with fewer mails is not judged: a percentage says nothing."
    )
    sending_least_people: Count = Field(
        3, description="The same for fewer people who bounced, complained or unsubscribed."
    )


class RetentionSettings(Settings):
    """How long things are kept

    docs/data_protection.md says why.
    """

    keep_staging_days: Days = Field(7, description="Stagings: snapshots of the CRM.")
    keep_quarantine_days: DaysOrForever = Field(
        180,
        description="Closed rows of the quarantine, and former addresses of contacts.",
    )
    keep_proof_days: DaysOrForever = Field(
        1095,
        description="Proof of consent and refusals, counted from their end. A proof that justifies"
        " a member is kept, and so is a refusal that holds.",
    )
    keep_removals_days: DaysOrForever = Field(
        365,
        description="Decided requests for removals, rejected addresses, and ids of addresses"
        " without a member.",
    )
    keep_runs_days: DaysOrForever = Field(730, description="Results of runs, and sent alerts.")
    keep_events_days: DaysOrForever = Field(
        730,
        description="Opens, clicks and bounces, each by its own age. Also activity of members, and"
        " people's words in unsubscribes. Counts by recipient, contact, month and hour stay.",
    )
    keep_ips_days: DaysOrForever = Field(90, description="IP addresses of these events.")
    keep_logs_days: DaysOrForever = Field(30, description="Airflow's log files.")
    keep_data_docs_days: DaysOrForever = Field(
        30, description="Reports of the quality checks (Data Docs)."
    )


class QueryLoginSettings(Settings):
    """The login of dynamic queries"""

    crm_query_password: Password = Field(
        SecretStr(""),
        description="The password that `crm create --query-login` gives the login. The demo creates"
        " its own.",
    )


GROUPS: tuple[type[Settings], ...] = (
    Schedules,
    SyncSettings,
    QuestionSettings,
    WriteBackSettings,
    DataDocsSettings,
    AlertSettings,
    ThresholdSettings,
    BillSettings,
    ReportSettings,
    CampaignSettings,
    SendingSettings,
    RetentionSettings,
    QueryLoginSettings,
)


def require_usable(
    wanted: Mapping[type[Settings], Collection[str]], environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse all wrong values of some groups at once: for the end of work that went on without.

    Args:
        wanted: fields by group; none means all of the group.
        environment: variables by name.

    Raises:
        SettingError: values cannot be obeyed; it names each of them.
    """
    refusals = []
    for group, fields in wanted.items():
        try:
            group.read(environment, only=fields)
        except SettingError as error:
            refusals.append(str(error))
    if refusals:
        raise SettingError("; ".join(refusals))
