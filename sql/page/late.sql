-- Collections whose last success is too long ago, as the last alert said.
select collection_code from sync.alert
where state = 'late'
order by collection_code;
