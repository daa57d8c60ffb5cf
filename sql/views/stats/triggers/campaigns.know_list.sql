create or replace trigger know_list before insert or update of list_id on stats.campaigns
for each row execute function stats.know_list();
