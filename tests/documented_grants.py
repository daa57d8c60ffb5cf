"""The statements of docs/crm_contract.md that give the login of crm_db its rights, by block."""

from __future__ import annotations

import re
from pathlib import Path

_DOCUMENT = Path(__file__).parents[1] / "docs" / "crm_contract.md"


def grants(database: str, login: str) -> list[str]:
    """The blocks as a person pastes them, for another database and login.

    The first one is for every installation. The next ones are for the write-back of members, for
    that of campaigns, and for ``get_mailchimp_defaults``.
    """
    _, _, section = _DOCUMENT.read_text("utf-8").partition("\n## Logins\n")
    blocks = re.findall(r"```sql\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    assert len(blocks) == 4
    return [
        re.sub(r"\bto pipeline;", f"to {login};", block).replace(
            "on database crm ", f"on database {database} "
        )
        for block in blocks
    ]
