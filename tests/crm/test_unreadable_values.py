"""Whatever a CRM's views hold: it is read, or its own row is held back and named."""

from __future__ import annotations
