"""Codes of a contact's values: of additional fields, and of the contact's own columns.

Names, reference, address and birthday have codes of ours. The CRM may give its fields any code, so
a code that could be ours gets a prefix. A code that is too long for an index is cut. A digest
keeps codes apart that begin alike.
"""

from __future__ import annotations

#: Codes of a contact's own columns among the values of its additional fields.
ADDRESS_CODE = "contact.address"
BIRTHDAY_CODE = "contact.birth_date"

#: Codes of the merge fields that every audience of ours has.
_STANDARD_CODES = ("FNAME", "LNAME", "CRMREF")
#: Longest code in UTF-8 bytes that is kept as it is. Postgres has 2,704 for a row of an index.
_LONGEST = 200

#: What ``sql/crm/extract_fields.sql`` and ``sql/crm/extract_contacts.sql`` make codes with.
CODE_RULES = {"standard_codes": list(_STANDARD_CODES), "longest_code": _LONGEST}
