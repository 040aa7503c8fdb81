/** A shell script around curl, for tests and jobs. */

import { sh } from '../text/literals.ts';
import { clientEnvironment, shLogin, takesPersonal } from './login.ts';
import { clientNotes, pathOf, type Recipe, type Subject, speaks, wakeNote } from './recipe.ts';

/** One script, and the request as one line. Credentials reach curl through standard input, because process lists show arguments. */
export function curlRecipe(subject: Subject): Recipe {
  const { direct } = subject;
  const personal = takesPersonal(subject);
  const content = `#!/usr/bin/env bash
# Sends one request and prints the answer. Fails when the request is refused or the answer is cut off.
set -euo pipefail
HOST="\${DATABRICKS_HOST%/}"
${direct ? `URL=${sh(direct.url)}` : subject.api === undefined ? `URL="$HOST/serving-endpoints/"${sh(subject.endpoint)}/invocations` : `URL="$HOST"${sh(pathOf(subject))}`}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

issue() {
  curl -sS --fail-with-body --max-time 15 "$@" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p'
}
${shLogin(subject, direct && sh(direct.details))}
cat >"$work/body.json" <<'JSON'
${JSON.stringify(subject.body)}
JSON
# A token can end early: 401, or 403 with these words.
token_refused() {
  [ "$status" = 401 ] || { [ "$status" = 403 ] &&
    grep -qiE 'token.{0,40}expir|expir.{0,40}token|invalid (access )?token' "$work/answer"; }
}
renewed=${personal ? `\${DATABRICKS_CLIENT_ID:+no}` : 'no'}
login
for attempt in 1 2 3; do
  status=$(printf 'authorization: %s %s\\n' Bearer "$bearer" |
    curl -sS --max-time 300 -o "$work/answer" -D "$work/headers" -w '%{http_code}' \\
      -H @- -H 'content-type: application/json' --data-binary @"$work/body.json" "$URL")
  if [ "$renewed" = no ] && token_refused; then renewed=yes; login; continue; fi
  # Only these two mean that the request did not run.
  if [ "$status" != 429 ] && [ "$status" != 503 ] || [ "$attempt" = 3 ]; then break; fi
  pause=$(awk 'tolower($1) == "retry-after:" { print int($2) }' "$work/headers")
  [ "\${pause:=$((attempt * 2))}" -le 30 ] || break
  sleep "$pause"
done
cat "$work/answer"
[ "$status" = 200 ] || { echo "refused with status $status" >&2; exit 1; }
if grep -q '^{ *"error' "$work/answer"; then echo 'the answer is an error' >&2; exit 1; fi${subject.api === undefined ? '' : POLICY}
`;
  return {
    files: [{ path: 'query.sh', content }],
    ...(direct ? {} : { curl: oneLine(subject) }),
    notes: [
      `curl 7.76 or newer. Run: bash query.sh. ${wakeNote(subject)}`,
      direct
        ? 'No single line can query this endpoint, because its token needs an exchange first.'
        : 'The line in curl needs a token in DATABRICKS_TOKEN. It neither retries nor renews the token.',
      ...(speaks(subject.family)
        ? ['It requests the whole answer at once. To stream, use target node or python.']
        : []),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

/** A block by a service policy is no answer, whatever its sentence says (fact Q18). */
const POLICY = `
if grep -q '"databricks_service_policy"' "$work/answer"; then echo 'blocked by a service policy' >&2; exit 1; fi`;

/** `printf` is part of the shell, so the token is in no process list. */
function oneLine(subject: Subject): string {
  const { host, body } = subject;
  const headers = `-H @- -H 'Content-Type: application/json'`;
  return `printf 'Authorization: Bearer %s' "$DATABRICKS_TOKEN" | curl -sS --fail-with-body --max-time 300 ${headers} -d ${sh(JSON.stringify(body))} ${sh(`${host}${pathOf(subject)}`)}`;
}
