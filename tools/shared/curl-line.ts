import { sh } from '../../src/text/literals.ts';

/** A request as one line of a shell, with the token in a variable. */
export function curlLine(url: string, body: unknown): string {
  return `curl -s ${url} -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' -d ${sh(JSON.stringify(body))}`;
}
