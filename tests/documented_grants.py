"""Every block of grants in the docs: those of docs/crm_contract.md for the login of crm_db."""

from __future__ import annotations

import re
from pathlib import Path

_DOCUMENTS = Path(__file__).parents[1] / "docs"


def grants(database: str, login: str) -> list[str]:
    """The blocks as a person pastes them, for another database and login.

    The first one is for every installation. The next ones are for the write-back of members, for
    that of campaigns, and for ``get_mailchimp_defaults``.
    """
    everywhere = [
        (path.name, block)
        for path in sorted(_DOCUMENTS.rglob("*.md"))
        for block in re.findall(r"```sql\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
        if re.search(r"\b(grant|revoke)\b", block)
    ]
    assert [name for name, _ in everywhere] == ["crm_contract.md"] * 4
    blocks = [block for _, block in everywhere]
    return [
        re.sub(r"\bto pipeline;", f"to {login};", block).replace(
            "on database crm ", f"on database {database} "
        )
        for block in blocks
    ]
