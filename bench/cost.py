"""What a shell script costs: the programs that it starts."""

from __future__ import annotations

import re

_WORD = re.compile(r"(?<![\w./-])[a-z][a-z0-9_-]*(?![\w=/-])")


def counted(script: str) -> str:
    """Script that runs another one and prints, in place of what that prints, its programs.

    A line for each program that was started, by its name. Each is started through a stand-in that
    notes it: exact, whatever else the board does meanwhile. What a shell does by itself is not
    counted, nor its own copies for pipes and substitutions.
    """
    names = " ".join(sorted(set(_WORD.findall(script))))
    return f"""count=$(mktemp -d)
for name in {names}; do
  real=$(command -v "$name") && [ "${{real#/}}" != "$real" ] || continue
  printf '#!/bin/sh\\necho %s >> %s\\nexec %s "$@"\\n' "$name" "$count/started" "$real" \\
    > "$count/$name"
  chmod +x "$count/$name"
done
: > "$count/started"
( PATH="$count:$PATH"
{script}
) > /dev/null
cat "$count/started"
rm -rf "$count"
"""
