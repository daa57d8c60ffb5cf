-- Nothing ever wrote a watermark here: each audience and each stream keeps its own.

drop table sync.watermark;
comment on schema sync is 'What the audience sync knows: members, runs, quarantine, proof.';
