-- Who does what only one process may do; a trace goes on in other processes.
create table leases (
    name text not null,
    holder text not null,
    until timestamptz not null,
    constraint pk_leases primary key (name)
);
alter table escalations add column traceparent text;
