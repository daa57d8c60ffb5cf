"""Rights of the people in the CRM: erasure, subject access, explanation, retention."""
