"""The tables of the store, and what keeps them append-only."""

from __future__ import annotations

SCHEMA = 1
"""Number of this form of the tables, in `user_version` of the file."""

TABLES = """
create table if not exists rollout (
  id text primary key, fleet text not null, plan text not null, "commit" text not null,
  frozen text not null, file text not null, "by" text not null, at real not null
);
create table if not exists event (
  seq integer primary key autoincrement, rollout text not null references rollout(id),
  at real not null, kind text not null, host text, wave integer, attempt integer,
  data text not null
);
create index if not exists event_of on event (rollout, seq);
create table if not exists block (
  seq integer primary key autoincrement, plan text not null, rollout text not null,
  blocked integer not null, reason text not null, "by" text not null, at real not null
);
"""
_NEVER = """
create trigger if not exists {table}_{what} before {what} on {table}
begin select raise(abort, 'events are only added'); end;
"""
TRIGGERS = "".join(
    _NEVER.format(table=table, what=what)
    for table in ("rollout", "event", "block")
    for what in ("update", "delete")
)
