-- The plan says "quarantine" for a contact that is held back: "suppress" is the word of erasure.

update staging.plan set action = 'quarantine'
where action = 'suppress';
