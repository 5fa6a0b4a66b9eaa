#!/bin/sh
# Proposes an update of this repository: if the specification or platform-new has changes for it, pushes them as the
# branch `platform-new/update`. Arguments go to `git push`. docs/updating.md says how to set PLATFORM_NEW_SOURCE, the
# commit of platform-new to install, and what to do if this fails.
set -eu

branch=platform-new/update
pinned='git\+https://[A-Za-z0-9._~/-]+@[0-9a-f]{40}'

# The tool does not come from a package index: anyone can register its name there, and this script can push.
if [ "$(printf '%s\n' "$PLATFORM_NEW_SOURCE" | wc -l)" -ne 1 ] ||
    ! printf '%s\n' "$PLATFORM_NEW_SOURCE" | grep -Eqx "$pinned"; then
    echo "PLATFORM_NEW_SOURCE must be git+https://HOST/PATH@COMMIT, with all 40 digits of the commit." >&2
    exit 1
fi
uv tool install "platform-new @ $PLATFORM_NEW_SOURCE"
PATH="$(uv tool dir --bin):$PATH"

code=0
platform-new status --check || code=$?
if [ "$code" -ne 1 ]; then
    exit "$code" # 0: up to date. Otherwise, the table above says why the check failed.
fi
if git ls-remote --exit-code origin "refs/heads/$branch" > /dev/null; then
    echo "An update is already proposed: merge it, or delete the branch $branch."
    exit 0
fi
if ! platform-new update --branch "$branch"; then
    echo "The update cannot be automatic, see above. Run it by hand as in docs/updating.md." >&2
    exit 1
fi
git push "$@" origin "$branch"
