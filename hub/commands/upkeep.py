"""What keeps a hub in order: its schema, its keys, its first owner, a look at everything."""

import sys
from argparse import Namespace

from hub.commands import ACTOR, built, show

WORKSPACE = "default"
NOBODY = "Nobody can sign in yet. The first owner is made at"


def migrate(given: Namespace) -> None:
    """Bring the schema up to date; a new hub has a workspace."""
    from hub import admin
    from hub import migrate as schema

    with built() as house:
        schema.upgrade(house.settings.direct_url or house.store.url)
        with house.store.transaction() as tx:
            if not tx.value("select 1 from workspaces limit 1"):
                admin.add_workspace(tx, house, WORKSPACE, WORKSPACE.capitalize(), actor=ACTOR)
            first = admin.setup_url(house) if admin.is_fresh(tx) else None
    print("The schema is up to date.", file=sys.stderr)
    if first is not None:
        print(f"{NOBODY} {first}", file=sys.stderr)


def setup(given: Namespace) -> int:
    """Print where the first owner is made; 1 when there is one."""
    from hub import admin

    with built() as house, house.store.transaction() as tx:
        fresh = admin.is_fresh(tx)
    if not fresh:
        print("There is an owner already, who invites the others.", file=sys.stderr)
        return 1
    show({"url": admin.setup_url(house), "code": admin.setup_code(house)})
    return 0


def demo(given: Namespace) -> int:
    """Send sample conversations and follow them."""
    from hub import demo as samples

    return samples.run(given)


def rotate_keys(given: Namespace) -> int:
    """Seal every secret anew; 1 when some do not open."""
    from hub import rotation

    with built() as house:
        return 1 if rotation.rotate(house, lambda line: print(line, flush=True)) else 0


def doctor(given: Namespace) -> int:
    """Look at everything; 1 when something is at fault."""
    from hub import doctor as check

    with built() as house:
        return check.run(house)
