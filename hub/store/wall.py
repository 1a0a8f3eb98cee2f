"""The second wall between workspaces: row-level security, for whoever asks with a tenant's rights.

The first is the `workspace_id` in each statement. Here PostgreSQL adds it: a transaction for a
person's or a key's request runs as the role `hub_tenant`, to which a policy on every table shows
the rows of one workspace, so that a statement that forgot its workspace finds nothing of others'.
Workers, the clock and intake run as the owner of the tables, whom no policy touches.

Both settings end with the transaction, so poolers in transaction mode are fine.
https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from psycopg.sql import SQL, Composed, Literal
from sqlalchemy import Connection, text

# SET takes no snapshot, so that the isolation level may still be chosen after it.
BEGIN = SQL("begin; set local role hub_tenant; set local hub.workspace = {}")
STANDS = """
    select exists (
        select from pg_roles r
        where r.rolname = 'hub_tenant' and pg_has_role(r.oid, 'member')
          and has_table_privilege(r.oid, to_regclass('workspaces'), 'select'))"""

# Safe to repeat, and after every upgrade: a table that a migration adds gets its policy by itself.
# Who may not make roles goes without this wall; `doctor` says so.
BUILD = """
do $$
declare one record;
begin
    if not exists (select from pg_roles where rolname = 'hub_tenant') then
        begin
            create role hub_tenant nologin;
        exception
            when duplicate_object or unique_violation then null;
            when insufficient_privilege then return;
        end;
    end if;
    if not pg_has_role('hub_tenant', 'member') then
        begin
            execute format('grant hub_tenant to %I', current_user);
        exception when insufficient_privilege then return;
        end;
    end if;
    execute format('grant usage on schema %I to hub_tenant', current_schema());
    execute format('grant select, insert, update, delete on all tables in schema %I to hub_tenant',
                   current_schema());
    execute format('grant usage on all sequences in schema %I to hub_tenant', current_schema());
    for one in
        select c.relname as name, a.attname as key
        from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
          and a.attname = case c.relname when 'workspaces' then 'id' else 'workspace_id' end
          and not exists (select from pg_policy
                          where polrelid = c.oid and polname = 'hub_workspace')
    loop
        execute format('alter table %I enable row level security', one.name);
        execute format('create policy hub_workspace on %I to hub_tenant'
                       ' using (%I = current_setting(''hub.workspace'', true))',
                       one.name, one.key);
    end loop;
end $$"""


def begin_for(workspace_id: str) -> Composed:
    """What begins a transaction that sees this workspace alone."""
    return BEGIN.format(Literal(workspace_id))


def build(connection: Connection) -> None:
    """Give every table with a workspace its policy."""
    connection.execute(text(BUILD))


def stands(connection: Connection) -> bool:
    """True when requests can be put behind it: its role exists, and the hub may take it."""
    return bool(connection.exec_driver_sql(STANDS).scalar())
