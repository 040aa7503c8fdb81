/** JavaScript that the Node and AI SDK recipes share: host, token, and a fetch that retries when the service asks for it. */

import { js } from '../text/literals.ts';
import type { Subject } from './recipe.ts';

/**
 * The start of `databricks.mjs`. It exports `HOST`, `databricksFetch`, the URL of a route-optimized endpoint, and `ENDPOINT` if needed.
 * @param named whether the code after it uses the endpoint's name.
 */
export function jsClient(subject: Subject, named: boolean): string {
  return `import { setTimeout as sleep } from 'node:timers/promises';

${named ? `export const ENDPOINT = ${js(subject.endpoint)};\n` : ''}const { protocol, hostname, origin } = new URL(setting('DATABRICKS_HOST'));
if (protocol !== 'https:' && hostname !== '127.0.0.1') throw new Error('DATABRICKS_HOST must start with https://');
export const HOST = origin;
${subject.direct ? direct(subject.direct) : ''}
function setting(name) {
  if (!process.env[name]) throw new Error(name + ' is not set');
  return process.env[name];
}

let held; // one token for all requests, renewed before it expires
function bearer() {
${subject.direct ? '' : PERSONAL}  if (!held || Date.now() >= held.renewAt) {
    const fresh = { renewAt: Infinity };
    fresh.bearer = mint().then(({ access_token, expires_in }) => {
      fresh.renewAt = Date.now() + expires_in * 1000 - Math.min(300_000, expires_in * 500);
      return access_token;
    });
    fresh.bearer.catch(() => (held = undefined)); // the next request retries
    held = fresh;
  }
  return held.bearer;
}

async function mint() {
  const basic = btoa(setting('DATABRICKS_CLIENT_ID') + ':' + setting('DATABRICKS_CLIENT_SECRET'));
${subject.direct ? NARROW : PLAIN}}

async function oauth(form, headers) {
  const body = new URLSearchParams(form);
  const signal = AbortSignal.timeout(15_000);
  const reply = await fetch(HOST + '/oidc/v1/token', { method: 'POST', body, headers, signal, redirect: 'error' });
  if (!reply.ok) throw new Error('no token: ' + reply.status + ' ' + (await reply.text()).slice(0, 300));
  return reply.json();
}

/** fetch with the token. Retries after 429 and 503, and never when the request may have run. */
export async function databricksFetch(url, init) {
  for (let attempt = 1; ; attempt++) {
    const headers = new Headers(init.headers);
    headers.set('authorization', 'Bearer ' + (await bearer()));
    const reply = await fetch(url, { ...init, headers, redirect: 'error' });
    const wait = Number(reply.headers.get('retry-after') ?? 2 ** attempt);
    if (![429, 503].includes(reply.status) || attempt === 3 || !(wait <= 30)) return reply;
    await reply.body?.cancel();
    await sleep(wait * 1000, undefined, { signal: init.signal ?? undefined });
  }
}
`;
}

/** Expression for the URL that takes invocations. */
export function jsInvocations(subject: Subject): string {
  return subject.direct ? 'URL_OF_ENDPOINT' : "HOST + '/serving-endpoints/' + ENDPOINT + '/invocations'";
}

function direct(route: { url: string; details: string }): string {
  return `export const URL_OF_ENDPOINT = ${js(route.url)};
const DETAILS = ${js(route.details)};
`;
}

const PERSONAL = `  if (!process.env.DATABRICKS_CLIENT_ID) return setting('DATABRICKS_TOKEN'); // only on your own machine
`;

const PLAIN = `  return oauth({ grant_type: 'client_credentials', scope: 'all-apis' }, { authorization: 'Basic ' + basic });
`;

const NARROW = `  const form = { grant_type: 'client_credentials', scope: 'all-apis' };
  const whole = await oauth(form, { authorization: 'Basic ' + basic });
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  return oauth({ grant_type, assertion: whole.access_token, authorization_details: DETAILS });
`;
