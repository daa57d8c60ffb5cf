"""``python -m crm_mailchimp.warehouse``: starts the commands, which are above this folder."""

from __future__ import annotations

import sys

from crm_mailchimp.command_end import run_until_reader_leaves
from crm_mailchimp.warehouse_commands import main

if __name__ == "__main__":
    sys.exit(run_until_reader_leaves(main))
