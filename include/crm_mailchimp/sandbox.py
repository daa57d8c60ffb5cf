"""``python -m crm_mailchimp.sandbox``: the Mailchimp sandbox under this project's name.

The server itself is a distribution of its own: ``include/mailchimp_sandbox``.
"""

from __future__ import annotations

import sys

try:
    from mailchimp_sandbox.__main__ import main
except ModuleNotFoundError as error:
    sys.exit(f"pip install ./include/mailchimp_sandbox first: {error}")

if __name__ == "__main__":
    sys.exit(main(program="python -m crm_mailchimp.sandbox", name="crm-mailchimp sandbox"))
