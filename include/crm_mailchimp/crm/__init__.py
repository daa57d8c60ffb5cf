"""Reading the CRM contract: settings, collections, contacts, consents, campaigns; write-back."""
