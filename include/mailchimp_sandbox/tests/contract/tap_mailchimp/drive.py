"""Runs tap-mailchimp against another address than Mailchimp's: it has no setting for that.

Arguments: the API's address without /3.0, then those of tap-mailchimp itself.
"""

from __future__ import annotations

import sys
from typing import Any

import tap_mailchimp
from tap_mailchimp.client import MailchimpClient

address = sys.argv.pop(1)
made_by_tap = MailchimpClient.__init__


def made_for_the_sandbox(self: Any, config: Any) -> None:
    """What the tap does, and then our address."""
    made_by_tap(self, config)
    self._MailchimpClient__base_url = address


MailchimpClient.__init__ = made_for_the_sandbox
tap_mailchimp.main()
