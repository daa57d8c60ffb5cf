-- Rights of the login for dynamic queries in this database. The setting crm_setup.login is its name. The
-- login may connect and read the contract. It also has every right of PUBLIC. Therefore those rights go
-- from PUBLIC to each of the other logins by name: nothing changes for them. Some rights this role may not
-- take away (catalog functions, without superuser): see query_login_open. Settings that this role or this
-- server does not take are named in crm_setup.refused.
do $$
declare
    login constant name := current_setting('crm_setup.login');
    other_logins text;
    grp name;
    item record;
begin
    for grp in
        select pg_get_userbyid(roleid) from pg_auth_members where pg_get_userbyid(member) = login
    loop
        execute format('revoke %I from %I', grp, login);
    end loop;
    begin
        execute format('drop owned by %I', login);
    exception when insufficient_privilege then
        -- Who is no superuser must have the login's own rights for that, and here only for a moment.
        execute format('grant %I to current_user', login);
        execute format('drop owned by %I', login);
        execute format('revoke %I from current_user', login);
    end;

    select string_agg(format('%I', rolname), ', ') into other_logins
    from pg_roles
    where rolcanlogin and not rolsuper and rolname <> login;

    for item in
        select 'database ' || quote_ident(current_database()) as target, acl.privilege_type
        from pg_database as db, aclexplode(coalesce(db.datacl, acldefault('d', db.datdba))) as acl
        where db.datname = current_database() and acl.grantee = 0
        union all
        select format('schema %I', nsp.nspname), acl.privilege_type
        from pg_namespace as nsp, aclexplode(coalesce(nsp.nspacl, acldefault('n', nsp.nspowner))) as acl
        where acl.grantee = 0 and nsp.nspname not in ('pg_catalog', 'information_schema')
        union all
        select format('table %s', rel.oid::regclass), acl.privilege_type
        from pg_class as rel, aclexplode(coalesce(rel.relacl, acldefault('r', rel.relowner))) as acl
        where acl.grantee = 0 and rel.relnamespace = 'crm'::regnamespace
            and rel.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        -- DO blocks
        select format('language %I', lan.lanname), acl.privilege_type
        from pg_language as lan, aclexplode(coalesce(lan.lanacl, acldefault('l', lan.lanowner))) as acl
        where acl.grantee = 0 and lan.lanpltrusted and lan.lanname not in ('sql', 'internal', 'c')
        union all
        select format('routine %s', proc.oid::regprocedure), acl.privilege_type
        from pg_proc as proc, aclexplode(coalesce(proc.proacl, acldefault('f', proc.proowner))) as acl
        where acl.grantee = 0 and proc.oid in (
            select fn.oid from pg_proc as fn where fn.pronamespace = 'pg_catalog'::regnamespace
                and fn.proname ~ current_setting('crm_setup.functions')
        )
    loop
        begin
            if other_logins is not null then
                execute format('grant %s on %s to %s', item.privilege_type, item.target, other_logins);
            end if;
            execute format('revoke %s on %s from public', item.privilege_type, item.target);
        exception when insufficient_privilege then
            raise notice '% on % stays open to everybody', item.privilege_type, item.target;
        end;
    end loop;

    execute format('grant connect on database %I to %I', current_database(), login);
    execute format('grant usage on schema crm to %I', login);
    for item in
        select unnest(string_to_array(current_setting('crm_setup.tables'), ' ')) as name
    loop
        execute format('grant select on crm.%I to %I', item.name, login);
    end loop;

    for item in
        select setting.key as name, setting.value
        from json_each_text(current_setting('crm_setup.settings')::json) as setting
    loop
        begin
            execute format(
                'alter role %I in database %I set %I = %L', login, current_database(), item.name, item.value
            );
        exception when insufficient_privilege or undefined_object or invalid_parameter_value then
            perform set_config(
                'crm_setup.refused', concat_ws(' ', current_setting('crm_setup.refused'), item.name), true
            );
        end;
    end loop;
end
$$
