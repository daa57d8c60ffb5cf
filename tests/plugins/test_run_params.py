"""A misspelt param of a run is refused: many defaults mean "all of them"."""

from __future__ import annotations

import pytest

from mailchimp_provider.run_params import UnknownParamError, refuse_unknown


def test_what_is_unknown_is_named_with_what_is_known() -> None:
    with pytest.raises(UnknownParamError) as raised:
        refuse_unknown("erase_contacts", {"contact_id": 1308}, ["contacts", "dry_run"])
    assert str(raised.value) == (
        "unknown param 'contact_id': nothing was done. erase_contacts has contacts, dry_run"
    )
    refuse_unknown("erase_contacts", {"contacts": [1308]}, ["contacts", "dry_run"])
    refuse_unknown("refresh_marts", {}, [])
    with pytest.raises(UnknownParamError, match="refresh_marts has no params"):
        refuse_unknown("refresh_marts", {"ένα": 1}, [])
