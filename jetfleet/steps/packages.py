"""What dpkg says of packages: all kinds of resources of a survey ask it at once.

dpkg-query reads all that is installed, whatever it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUERY = "dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\\n' --"
_READ = "packages_read"
_MOST = 65536
"""Bytes that are kept: a dpkg-query that prints without end must not fill the board's memory."""


def read_packages(names: Iterable[str]) -> str:
    """Return a script that reads these packages into a variable, for what `packages` returns.

    It fails where dpkg-query prints more than it can have to say.
    """
    query = f"{_QUERY} {words(sorted(set(names)))}"
    # The shell takes line breaks from the end of what it reads: with a dot there it counts them.
    read = f"{_READ}=$({query} | head -c {_MOST}; echo .)"
    whole = f"if [ ${{#{_READ}}} -ge {_MOST} ]; then false; fi"
    return f"{read}\n{_READ}=${{{_READ}%.}}\n{whole}\n"


def packages(form: str, names: Iterable[str]) -> str:
    """Return a command that prints a line for each of these packages that dpkg knows.

    It reads what `read_packages` has read in the same script, else dpkg.

    Parameters
    ----------
    form:
        For `printf`, of name, status (such as ``installed``), version, and the status again.

    """
    listed = list(names)
    return f"""packages_named={words([f" {' '.join(listed)} "])}
while read -r name status version; do
  case $packages_named in
    *" $name "*) printf '{form}\\n' "$name" "$status" "$version" "$status" ;;
  esac
done <<END
${{{_READ}-$({_QUERY} {words(listed)} | head -c {_MOST})}}
END
"""
