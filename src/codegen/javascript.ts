/** JavaScript that the Node and AI SDK recipes share: host, token, and a fetch that retries when the service asks for it. */

import { js } from '../text/literals.ts';
import { jsMint, runsCommand, takesPersonal } from './login.ts';
import { pathOf, type Subject } from './recipe.ts';

/**
 * The start of `databricks.mjs`. It exports `HOST`, `databricksFetch`, the URL of a route-optimized endpoint, and `ENDPOINT` if needed.
 * @param named whether the code after it uses the endpoint's name.
 */
export function jsClient(subject: Subject, named: boolean): string {
  const renewable = takesPersonal(subject) ? 'held && ' : '';
  return `${runsCommand(subject.login) ? COMMAND : ''}import { setTimeout as sleep } from 'node:timers/promises';${runsCommand(subject.login) ? "\nimport { promisify } from 'node:util';" : ''}

${named ? `export const ENDPOINT = ${js(subject.endpoint)};\n` : ''}export const HOST = new URL(setting('DATABRICKS_HOST')).origin;
const SAFE = /^https:|^http:..127[.]0[.]0[.]1(:|$)/;
if (!SAFE.test(HOST)) throw new Error('DATABRICKS_HOST must start with https://');
${subject.direct ? direct(subject.direct) : ''}
function setting(name) {
  if (!process.env[name]) throw new Error(name + ' is not set');
  return process.env[name];
}

let held; // one token for all requests
function bearer() {
${takesPersonal(subject) ? PERSONAL : ''}  if (!held || Date.now() >= held.renewAt) {
    const fresh = { renewAt: Infinity };
    fresh.bearer = mint().then(({ access_token, expires_in }) => {
      fresh.renewAt = Date.now() + expires_in * 1000 - Math.min(300_000, expires_in * 500);
      return access_token;
    });
    fresh.bearer.catch(() => (held = undefined));
    held = fresh;
  }
  return held.bearer;
}

${jsMint(subject)}
async function issue(url, headers, form) {
  const init = { headers, signal: AbortSignal.timeout(15_000), redirect: 'error' };
  const reply = await fetch(url, form ? { ...init, method: 'POST', body: new URLSearchParams(form) } : init);
  if (!reply.ok) throw new Error('no token: ' + reply.status + ' ' + (await reply.text()).slice(0, 300));
  return reply.json();
}

/** fetch with the token. Retries after 429 and 503, and once with a new token; never when the request may have run. */
export async function databricksFetch(url, init) {
  let renewed = false;
  for (let attempt = 1; ; attempt++) {
    const used = await bearer();
    const headers = new Headers(init.headers);
    headers.set('authorization', 'Bearer ' + used);
    const reply = await fetch(url, { ...init, headers, redirect: 'error' });
    if (${renewable}!renewed && (await tokenRefused(reply))) {
      renewed = true;
      if ((await held?.bearer) === used) held = undefined;
    } else {
      const wait = Number(reply.headers.get('retry-after') ?? 2 ** attempt);
      if (![429, 503].includes(reply.status) || attempt >= 3 || !(wait <= 30)) return reply;
      await sleep(wait * 1000, undefined, { signal: init.signal ?? undefined });
    }
    await reply.body?.cancel();
  }
}

async function tokenRefused(reply) {
  if (reply.status !== 403) return reply.status === 401;
  return /token.{0,40}expir|expir.{0,40}token|invalid (access )?token/i.test(await reply.clone().text());
}
`;
}

const COMMAND = "import { execFile } from 'node:child_process';\n";

/** Expression for the URL that takes invocations. */
export function jsInvocations(subject: Subject): string {
  if (subject.api !== undefined) return `HOST + ${js(pathOf(subject))}`;
  return subject.direct ? 'URL_OF_ENDPOINT' : "HOST + '/serving-endpoints/' + ENDPOINT + '/invocations'";
}

function direct(route: { url: string; details: string }): string {
  return `export const URL_OF_ENDPOINT = ${js(route.url)};
const DETAILS = ${js(route.details)};
`;
}

const PERSONAL = `  if (!process.env.DATABRICKS_CLIENT_ID) return setting('DATABRICKS_TOKEN'); // only on your own machine
`;
