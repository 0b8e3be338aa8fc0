#!/usr/bin/env bash
# The whole gate: format check, build with warnings as errors, every test. The last line is "N passed, N failed".
#   infra/test.sh            everything
#   infra/test.sh -class X   words are passed to the test runners, to run a part while working
# Needs the .NET SDK named in global.json. The servers that some tests stand on are installed when missing (infra/services/install.sh); where that cannot
# be, their tests are skipped with the reason, and with CI=true the gate fails.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDTERMINALLOGGER=off
configuration=${CONFIGURATION:-Release}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
die() { printf 'error: %s\n' "$1" >&2; echo "0 passed, 1 failed"; exit 1; }

step "Services"
bash infra/services/install.sh || [ "${CI:-}" != true ] || die "in continuous integration every service must be there"

step "Restore"
dotnet restore RenderFarm.sln || die "a package cannot be restored; in continuous integration the lock files must be current"

step "Format"
dotnet format RenderFarm.sln --no-restore --verify-no-changes --severity warn || die "run: dotnet format RenderFarm.sln"

step "Build"
dotnet build RenderFarm.sln --no-restore -c "$configuration" || die "the build has errors or warnings"

passed=0 failed=0
for project in RenderFarm.Tests RenderFarm.ModelTests RenderFarm.IntegrationTests; do
  step "$project"
  log=$results/$project.log
  dotnet run --project "tests/$project" -c "$configuration" --no-build -- \
    "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  # The runner closes with one line: Total: 476, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 2.6s
  count() { sed -nE "s/.*Total: [0-9]+,.*/&/; s/.*\b$1: ([0-9]+).*/\1/p" <<<"$(grep -aE 'Total: [0-9]+, Errors:' "$log" | tail -n 1)"; }
  total=$(count Total) skipped=$(count Skipped) bad=$(($(count Failed || true) + $(count Errors || true)))
  ok=${total:+$((total - bad - ${skipped:-0}))}
  passed=$((passed + ${ok:-0}))
  failed=$((failed + ${bad:-0}))
  if [ "${CI:-}" = true ] && [ "${skipped:-0}" != 0 ]; then
    echo "error: $skipped skipped in $project; in continuous integration a skip is a failure" >&2
    failed=$((failed + skipped))
  fi
  # A runner that crashed, or ran nothing, has no failed test to show for it.
  if [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; then failed=$((failed + 1)); fi
  if [ -z "$ok" ]; then echo "error: $project reported no result" >&2; failed=$((failed + 1)); fi
done

step "Done"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
