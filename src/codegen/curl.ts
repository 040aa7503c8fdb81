/** A shell script around curl, for tests and jobs. */

import { sh } from '../text/literals.ts';
import { clientEnvironment, clientNotes, type Recipe, type Subject, speaks } from './recipe.ts';

/** One script. Credentials reach curl through standard input, because process lists show arguments. */
export function curlRecipe(subject: Subject): Recipe {
  const { direct } = subject;
  const content = `#!/usr/bin/env bash
# Sends one request and prints the answer. Fails when the request is refused or the answer is cut off.
set -euo pipefail
HOST="\${DATABRICKS_HOST%/}"
${direct ? `URL=${sh(direct.url)}` : `URL="$HOST/serving-endpoints/"${sh(subject.endpoint)}/invocations`}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

oauth() {
  curl -sS --fail-with-body --max-time 15 "$HOST/oidc/v1/token" "$@" |
    sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p'
}
${direct ? NARROW(direct.details) : PLAIN}
cat >"$work/body.json" <<'JSON'
${JSON.stringify(subject.body)}
JSON
for attempt in 1 2 3; do
  status=$(printf 'authorization: %s %s\\n' Bearer "$bearer" |
    curl -sS --max-time 300 -o "$work/answer" -D "$work/headers" -w '%{http_code}' \\
      -H @- -H 'content-type: application/json' --data-binary @"$work/body.json" "$URL")
  # Only these two mean that the request did not run.
  if [ "$status" != 429 ] && [ "$status" != 503 ] || [ "$attempt" = 3 ]; then break; fi
  pause=$(awk 'tolower($1) == "retry-after:" { print int($2) }' "$work/headers")
  [ "\${pause:=$((attempt * 2))}" -le 30 ] || break
  sleep "$pause"
done
cat "$work/answer"
[ "$status" = 200 ] || { echo "refused with status $status" >&2; exit 1; }
`;
  return {
    files: [{ path: 'query.sh', content }],
    notes: [
      'curl 7.76 or newer. Run: bash query.sh',
      ...(speaks(subject.family)
        ? ['It requests the whole answer at once. To stream, use target node or python.']
        : []),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

const MINT = `bearer=$(printf 'user = "%s:%s"\\n' "$DATABRICKS_CLIENT_ID" "$DATABRICKS_CLIENT_SECRET" |
  oauth --config - -d grant_type=client_credentials -d scope=all-apis)`;

const PLAIN = `if [ -n "\${DATABRICKS_CLIENT_ID:-}" ]; then
${MINT.replaceAll(/^/gm, '  ')}
else
  bearer=$DATABRICKS_TOKEN # only on your own machine
fi`;

const NARROW = (details: string) => `${MINT}
bearer=$(printf %s "$bearer" |
  oauth --data-urlencode assertion@- -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer \\
    --data-urlencode authorization_details=${sh(details)})`;
