"""What a plan says of containers, volumes and images that jetfleet did not make."""

from __future__ import annotations

import json

from jetfleet.resources.daemon.contents import consequences, read_contents

OLD = "/var/lib/docker"


def container(name: str, *, running: bool, removed: bool = False) -> str:
    return json.dumps({"name": f"/{name}", "running": running, "removed": removed})


CONTENTS = read_contents(
    "\n".join(
        [
            container("keepme", running=True),
            container("shell", running=True, removed=True),
            container("old", running=False),
            "volume data",
            "image 1000000000",
            "image 2000000000",
        ]
    )
)


def test_a_restart_stops_what_runs() -> None:
    assert consequences(CONTENTS, OLD, hidden=False, kept=False) == (
        "Docker restarts: these containers stop and are started again: keepme",
        "Docker restarts: these containers stop and are removed, because they run with --rm: shell",
    )


def test_a_restart_stops_nothing_that_runs_on_without_the_daemon() -> None:
    assert consequences(CONTENTS, OLD, hidden=False, kept=True) == ()


MOVED = """
these containers stop and do not come back, because the engine no longer has them: keepme; nothing \
is copied, they stay in /var/lib/docker
these containers stop and are removed, because they run with --rm: shell
the engine no longer has these stopped containers: old
the engine no longer has these volumes: data; their data stay in /var/lib/docker
2 images (at most 2.8 GiB) stay in /var/lib/docker and keep its space until you remove them; those \
of the spec are pulled again
"""


def test_another_folder_hides_all_of_it() -> None:
    for kept in (False, True):
        said = consequences(CONTENTS, OLD, hidden=True, kept=kept)
        assert said == tuple(f"Docker's data moves: {line}" for line in MOVED.strip().splitlines())


def test_names_of_a_board_are_bounded() -> None:
    many = read_contents("\n".join(container("x" * 999 + str(n), running=True) for n in range(9)))
    (note,) = consequences(many, OLD, hidden=False, kept=False)
    assert "x" * 64 in note
    assert "x" * 65 not in note
    assert note.endswith(" and 4 more")
