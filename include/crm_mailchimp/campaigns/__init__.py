"""Campaigns from the CRM's plan to the inbox: drafted, held back by the gate, sent, shown."""
