"""Each setting has one definition; it is documented, refused by name when wrong, and obeyed."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm_mailchimp.campaigns.campaign_options import read_campaign_options as campaign_options
from crm_mailchimp.campaigns.sending_health import read_health_limits
from crm_mailchimp.data_protection import retention
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.setting_group import SettingError, Settings
from crm_mailchimp.settings import (
    GROUPS,
    AlertSettings,
    BillSettings,
    CampaignSettings,
    DataDocsSettings,
    QueryLoginSettings,
    QuestionSettings,
    ReportSettings,
    RetentionSettings,
    Schedules,
    SendingSettings,
    SyncSettings,
    ThresholdSettings,
    WriteBackSettings,
    require_usable,
)
from crm_mailchimp.sync.members.write_back import members_are_written_back
from crm_mailchimp.sync.runs.run_alerts import usable_alert_times
from crm_mailchimp.sync.runs.sync_options import SyncOptions, cautious_options
from crm_mailchimp.sync.runs.sync_options import read_sync_options as sync_options
from crm_mailchimp.sync.runs.sync_thresholds import usable_thresholds

ROOT = Path(__file__).parents[2]
CORE = ROOT / "include" / "crm_mailchimp"
SETTINGS_FILES = (CORE / "settings.py", CORE / "setting_group.py")
FIELDS = [(group, name) for group in GROUPS for name in group.model_fields]
SCHEDULES = list(Schedules.model_fields)


def product_files() -> Iterator[Path]:
    for folder in ("include/crm_mailchimp", "plugins", "dags"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path not in SETTINGS_FILES:
                yield path


def test_the_documents_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/write_docs.py", "--check"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_only_the_settings_read_the_environment() -> None:
    reading = re.compile(r"environ(\.get)?[\[(]|environment(\.get\(|\[)|getenv")
    allowed = {
        # What Great Expectations reads is set there.
        'os.environ["GX_ANALYTICS_ENABLED"] = "false"',
        # The doctor looks for Airflow's own home, before Airflow does.
        'home = Path(os.path.expandvars(os.environ.get("AIRFLOW_HOME", "~/airflow"))).expanduser()',
    }
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in product_files()
        for line in path.read_text(encoding="utf-8").splitlines()
        if reading.search(line) and line.strip() not in allowed
    ]
    assert found == []


@pytest.mark.parametrize(("group", "name"), FIELDS, ids=[name for _, name in FIELDS])
def test_every_setting_is_read_somewhere(group: type[Settings], name: str) -> None:
    readers = [
        path
        for path in product_files()
        if any(
            isinstance(node, ast.Attribute) and node.attr == name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert readers, f"{group.__name__}.{name} is documented, and nothing reads it"


@pytest.mark.parametrize(("group", "name"), FIELDS, ids=[name for _, name in FIELDS])
def test_every_setting_is_explained(group: type[Settings], name: str) -> None:
    field = group.model_fields[name]
    assert str(field.description).endswith((".", "never.", "limit."))
    assert group.form(name).words
    assert inspect.getdoc(group)
    if not group.written_default(name) and name != "crm_query_password":
        assert field.examples, "without a default, an example shows the form"
        group.read({name.upper(): str(field.examples[0])})


def test_no_name_is_used_twice() -> None:
    names = [name for _, name in FIELDS]
    assert len(set(names)) == len(names)


#: A wrong value for each setting that can have one.
WRONG: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        SCHEDULES,
        ("every hour", "None", "* * * *", "* * * * * *", "0 0 31 2 *", "@every 5m", "99 * * * *"),
    ),
    "removal_guard_percent": ("10%", "101", "-1", "nan", "inf", "δέκα"),
    "removal_guard_minimum": ("5.5", "-1", "٥"),
    "approval_valid_hours": ("24h", "0", "9000"),
    "merge_field_limit": ("many", "0", "3e1"),
    "clear_left_values": ("maybe", "2", "όχι τώρα"),
    "approval_ask_again_hours": ("168h", "0", "9000"),
    "approval_timeout_hours": ("24h", "0", "inf", "1e400", "1 day"),
    "write_back_members": ("maybe", "2", "ναι"),
    "write_back_campaigns": ("maybe",),
    "data_docs_dir": ("data_docs", "./here"),
    "alert_emails": ("nobody", "a@b.gr;c@d.gr", "@b.gr"),
    "alert_from_email": ("nobody", "a@"),
    "alert_webhook_url": ("slack", "ftp://a.gr", "https://"),
    "alert_events_key": ("short", "κ" * 32, "0123456789abcdef 123456789abcdef"),
    "alert_events_url": ("calls", "ftp://a.gr", "http:/x"),
    "alert_late_hours": ("a day", "-1", "nan"),
    "alert_repeat_hours": ("a day",),
    "mailchimp_contact_limit": ("many", "-1", "1.5", "a=1,a=2", "1,2", "=1", "a=", "a=1,,b=2"),
    "mailchimp_contact_warning_percent": ("90%", "101", "-1"),
    **dict.fromkeys(
        ("sending_most_hard_bounces", "sending_most_complaints", "sending_most_unsubscribes"),
        ("2%", "101", "-1"),
    ),
    **dict.fromkeys(("sending_least_mails", "sending_least_people"), ("5.5", "-1", "πολλά")),
    **dict.fromkeys(
        ("sync_most_rejected", "sync_most_held_back", "sync_most_expired"), ("-1", "101", "πολλά")
    ),
    **dict.fromkeys(("sync_least_contacts", "sync_least_people"), ("5.5", "-1", "πολλά")),
    "report_time_zone": (
        "+02:00", "UTC+2", "GMT+2", "EET-2", "europe/athens", "Athens", "/etc/passwd", "localtime",
    ),
    "refresh_marts_hours": ("2h", "0", "9000"),
    "campaign_max_sync_age": ("2h", "-1"),
    "campaign_max_lateness": ("2h", "1e9"),
    "campaign_recipient_tolerance": ("10%", "-1"),
    "campaign_recipient_limit": ("none", "1.5"),
    "campaign_schedule_in_mailchimp": ("perhaps",),
    "campaign_schedule_ahead": ("5m",),
    "campaign_last_check": ("0", "0.5"),
    "campaign_wait": ("20m",),
    "campaign_release_holds": ("a day",),
    **dict.fromkeys(
        (name for name in RetentionSettings.model_fields),
        ("a", "0", "-1", "١", "7 days", "99999", "1.5"),
    ),
}  # fmt: skip


def wrong_values() -> Iterator[tuple[type[Settings], str, str]]:
    for group, name in FIELDS:
        for text in WRONG.get(name, ()):
            yield group, name, text


def test_each_setting_that_can_be_wrong_is_tried() -> None:
    assert {name for _, name in FIELDS} - set(WRONG) == {"crm_query_password"}


@pytest.mark.parametrize(("group", "name", "text"), list(wrong_values()))
def test_a_wrong_value_is_refused_by_name(group: type[Settings], name: str, text: str) -> None:
    environment = {name.upper(): text}
    with pytest.raises(SettingError) as refused:
        group.read(environment)
    words = str(refused.value)
    assert isinstance(refused.value, PermanentError), "Airflow must not try again"
    assert words.startswith(f"the environment variable {name.upper()} is ")
    assert f"write {group.form(name).words}" in words
    assert "docs/settings.md" in words
    assert (repr(text) in words) != group.form(name).is_private
    if group.form(name).is_private:
        assert text not in words.replace(group.form(name).words, "")
    assert group.read_usable(environment) == group(), "it counts as not set"
    assert group.wrong_fields(environment) == (name,)
    others = [other for other in group.model_fields if other != name]
    if others:
        assert group.read(environment, only=others) == group()


def test_all_wrong_values_of_a_group_are_named_at_once() -> None:
    with pytest.raises(SettingError, match=r"REMOVAL_GUARD_PERCENT.*; .*MERGE_FIELD_LIMIT"):
        SyncSettings.read({"REMOVAL_GUARD_PERCENT": "x", "MERGE_FIELD_LIMIT": "y"})


def test_an_empty_value_is_the_default_but_for_schedules() -> None:
    for group in GROUPS:
        found = group.read({name.upper(): "  " for name in group.model_fields})
        if group is Schedules:
            assert set(found.model_dump().values()) == {""}
        elif group is not QueryLoginSettings:
            assert found == group()


def test_a_password_is_taken_as_it_is_and_never_shown() -> None:
    settings = QueryLoginSettings.read({"CRM_QUERY_PASSWORD": " s3cret "})
    assert settings.crm_query_password.get_secret_value() == " s3cret "
    assert "s3cret" not in repr(settings)


def of(read: Callable[[Mapping[str, str]], Any], name: str) -> Callable[[Mapping[str, str]], Any]:
    return lambda environment: attrgetter(name)(read(environment))


#: What each setting changes: a value, and what obeys it.
OBEYED: dict[str, tuple[str, Callable[[Mapping[str, str]], Any], Any]] = {
    "removal_guard_percent": ("25", of(sync_options, "limits.share"), 0.25),
    "removal_guard_minimum": ("7", of(sync_options, "limits.minimum"), 7),
    "approval_ask_again_hours": (
        "1.5", of(sync_options, "ask_again_after"), timedelta(hours=1.5)
    ),
    "approval_valid_hours": ("1.5", of(sync_options, "approval_valid"), timedelta(hours=1.5)),
    "merge_field_limit": ("80", of(sync_options, "field_limit"), 80),
    "clear_left_values": ("false", of(sync_options, "clear_left_values"), False),
    "write_back_members": (" Yes ", members_are_written_back, True),
    "alert_late_hours": ("0", of(usable_alert_times, "late_after"), timedelta(0)),
    "alert_repeat_hours": (
        "48", of(usable_alert_times, "repeat_after"), timedelta(hours=48),
    ),
    "campaign_max_sync_age": ("60", of(campaign_options, "max_sync_age"), timedelta(hours=1)),
    "campaign_max_lateness": ("60", of(campaign_options, "max_lateness"), timedelta(hours=1)),
    "campaign_recipient_tolerance": ("0", of(campaign_options, "tolerance"), 0),
    "campaign_recipient_limit": ("9", of(campaign_options, "recipient_limit"), 9),
    "campaign_schedule_in_mailchimp": ("off", of(campaign_options, "schedule_in_mailchimp"), False),
    "campaign_schedule_ahead": ("9", of(campaign_options, "schedule_ahead"), timedelta(minutes=9)),
    "campaign_last_check": ("1.5", of(campaign_options, "last_check"), timedelta(seconds=90)),
    "campaign_wait": ("300", of(campaign_options, "wait_horizon"), timedelta(hours=5)),
    "campaign_release_holds": ("9", of(campaign_options, "release_holds"), timedelta(minutes=9)),
    "sending_most_hard_bounces": ("5", of(read_health_limits, "hard_bounces"), 5),
    "sending_most_complaints": ("0.3", of(read_health_limits, "complaints"), 0.3),
    "sending_most_unsubscribes": ("5", of(read_health_limits, "unsubscribes"), 5),
    "sending_least_mails": ("9", of(read_health_limits, "least_mails"), 9),
    "sending_least_people": ("9", of(read_health_limits, "least_people"), 9),
    "sync_most_rejected": ("5", of(usable_thresholds, "most_rejected"), 5),
    "sync_most_held_back": ("5", of(usable_thresholds, "most_held_back"), 5),
    "sync_most_expired": ("0.3", of(usable_thresholds, "most_expired"), 0.3),
    "sync_least_contacts": ("9", of(usable_thresholds, "least_contacts"), 9),
    "sync_least_people": ("9", of(usable_thresholds, "least_people"), 9),
    **{
        f"keep_{age}_days": ("3", of(retention.cautious_ages, age), 3)
        for age in retention.Ages.__dataclass_fields__
    },
}  # fmt: skip
#: Those that have a test of their own, by the name of its file.
OBEYED_ELSEWHERE = {
    "mailchimp_contact_limit": "tests/sync/runs/test_bill.py",
    "mailchimp_contact_warning_percent": "tests/sync/runs/test_bill.py",
    **dict.fromkeys(SCHEDULES, "tests/policy/test_dags.py"),
    "approval_timeout_hours": "tests/policy/test_dags.py",
    "refresh_marts_hours": "tests/policy/test_dags.py",
    "alert_emails": "tests/approvals/test_alerts.py",
    "alert_from_email": "tests/approvals/test_alerts.py",
    "alert_webhook_url": "tests/approvals/test_alerts.py",
    "alert_events_key": "tests/approvals/test_alert_events.py",
    "alert_events_url": "tests/approvals/test_alert_events.py",
    "crm_query_password": "tests/crm/test_query_login.py",
    "write_back_campaigns": "tests/campaigns/test_in_airflow.py",
    "report_time_zone": "tests/plugins/test_wrong_settings.py",
    "data_docs_dir": "tests/plugins/test_wrong_settings.py",
}


def test_each_setting_is_shown_to_be_obeyed() -> None:
    assert set(OBEYED) | set(OBEYED_ELSEWHERE) == {name for _, name in FIELDS}
    for name, file in OBEYED_ELSEWHERE.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert name.upper() in text or name in text, f"{file} says nothing of {name.upper()}"


@pytest.mark.parametrize("name", OBEYED)
def test_a_setting_that_is_accepted_is_obeyed(name: str) -> None:
    text, obey, expected = OBEYED[name]
    assert obey({name.upper(): text}) == expected
    assert obey({}) != expected


def test_defaults_are_the_same_with_and_without_settings() -> None:
    assert sync_options({}) == SyncOptions()
    assert retention.cautious_ages({}) == retention.Ages()


def test_a_wrong_guard_lets_nobody_go_unasked() -> None:
    for environment in ({"REMOVAL_GUARD_PERCENT": "5%"}, {"REMOVAL_GUARD_MINIMUM": "none"}):
        limits = cautious_options(environment, approved_plan=3).limits
        assert (limits.share, limits.minimum, limits.half) == (0, 0, 0)
    assert cautious_options({"MERGE_FIELD_LIMIT": "80"}, approved_plan=3).approved_plan == 3
    assert cautious_options({"MERGE_FIELD_LIMIT": "80"}).field_limit == 80
    assert cautious_options({"CLEAR_LEFT_VALUES": "maybe"}).clear_left_values is False


def test_a_wrong_age_removes_nothing_and_stops_no_other() -> None:
    ages = retention.cautious_ages(
        {"KEEP_STAGING_DAYS": "a", "KEEP_PROOF_DAYS": "10 years", "KEEP_LOGS_DAYS": "5"}
    )
    assert ages.staging > 36_000
    assert ages.proof is None
    assert ages.logs == 5
    assert ages.events == retention.Ages().events


def test_the_containers_have_the_same_defaults() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    environment = compose["x-airflow"]["environment"]
    for name in SCHEDULES:
        default = Schedules.written_default(name)
        assert environment[name.upper()] == f"${{{name.upper()}-{default}}}"


# Each is accepted by both, or refused by both or by us: what we accept never unloads a DAG.
SCHEDULE_TEXTS = (
    "", "@once", "@continuous", "@hourly", "@daily", "@midnight", "@weekly", "@monthly",
    "@quarterly", "@yearly", "@annually", "*/15 * * * *", "0 8-18 * * 1-5", "0 0 L * *",
    "0 0 * * 1#3", "0 0 * * L5", "15,45 */2 1-15 JAN-MAR MON", "0 0 ? * *", "5 4 * * sun",
    "0 24 * * *", "* * * * 8", "R * * * *", "H * * * *", "@reboot", "0 0 30 2 *",
)  # fmt: skip
_ASK_AIRFLOW = """
import json, sys
from datetime import datetime
from airflow.sdk import DAG

for text in json.loads(sys.argv[1]):
    dag = DAG("d", schedule=text or None, start_date=datetime(2026, 1, 1), max_active_runs=1)
    dag.validate()
    from airflow.serialization.serialized_objects import DagSerialization
    DagSerialization.to_dict(dag)
"""


def test_airflow_accepts_every_schedule_that_is_accepted(tmp_path: Path) -> None:
    accepted = [
        text for text in SCHEDULE_TEXTS if not Schedules.wrong_fields({"SYNC_SCHEDULE": text})
    ]
    assert {"", "@quarterly", "*/15 * * * *", "0 0 L * *"} <= set(accepted)
    # A schedule without ticks would start a run the moment its DAG is unpaused.
    assert not {"@once", "@continuous", "@reboot", "0 24 * * *", "0 0 30 2 *", "R * * * *"} & set(
        accepted
    )
    clean = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", _ASK_AIRFLOW, json.dumps(accepted)],
        env={**clean, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_groups_hold_all_classes() -> None:
    assert set(GROUPS) == {
        AlertSettings, BillSettings, CampaignSettings, DataDocsSettings, QueryLoginSettings,
        QuestionSettings, ReportSettings, RetentionSettings, Schedules, SendingSettings,
        SyncSettings, ThresholdSettings, WriteBackSettings,
    }  # fmt: skip


def test_several_groups_are_refused_at_once() -> None:
    wanted = {Schedules: "sync_schedule", AlertSettings: ()}
    wrong = {"SYNC_SCHEDULE": "x", "PULL_SCHEDULE": "x", "ALERT_EMAILS": "x"}
    with pytest.raises(SettingError, match=r"SYNC_SCHEDULE.*; .*ALERT_EMAILS") as refused:
        require_usable(wanted, wrong)
    assert "PULL_SCHEDULE" not in str(refused.value)
    require_usable(wanted, {"PULL_SCHEDULE": "x"})


def test_the_page_names_one_row_for_each_setting_of_an_approval() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    table = page.partition("| wrong value of |")[2].partition("\n\n")[0].splitlines()[2:]
    names = [name.upper() for group in GROUPS for name in group.model_fields]
    for name in (name for name in names if name.startswith("APPROVAL_")):
        patterns = [re.findall(r"`([A-Z_]+…?)`", row) for row in table]
        fitting = [
            row
            for row in patterns
            if any(name == one or ("…" in one and name.startswith(one[:-1])) for one in row)
        ]
        assert len(fitting) == 1, (name, fitting)


def test_the_page_links_its_neighbours() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert "[connection.md](connection.md)" in page
    assert not re.findall(r"\bdocs/\w+\.md", page)
