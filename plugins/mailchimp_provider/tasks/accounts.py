"""Which accounts a task works in."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def accounts_to_work_in(warehouse: Connection[Any]) -> list[str]:
    """The accounts that the CRM names, and those with audiences that the warehouse knows.

    The work does not depend on the CRM otherwise. So where the CRM cannot be asked, the accounts
    that the warehouse knows are all.
    """
    import psycopg  # noqa: PLC0415 - only in tasks

    from crm_mailchimp.error_words import words_of  # noqa: PLC0415
    from crm_mailchimp.errors import PermanentError  # noqa: PLC0415
    from crm_mailchimp.sync.audience.accounts_in_use import (  # noqa: PLC0415
        accounts_in_use,
        accounts_read_before,
    )
    from mailchimp_provider.connections import (  # noqa: PLC0415
        crm_connection,
        is_undefined_connection,
    )

    try:
        with closing(crm_connection()) as crm:
            return accounts_in_use(warehouse, crm)
    except (psycopg.Error, PermanentError) as error:
        words = words_of(error)
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        words = str(error)
    log.warning("the CRM cannot be asked which accounts there are: %s", words)
    warehouse.rollback()
    return accounts_read_before(warehouse) or [DEFAULT_ACCOUNT]
