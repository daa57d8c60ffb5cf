-- Codes of all collections that a run has staged, or about which something is stored.
select collection_code from sync.known_collection
union
select collection_code from sync.staged_collection
union
select collection_code from sync.quarantine
order by collection_code
