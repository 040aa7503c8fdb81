/** Requests that a limit refused (429, or 403 with a limit of 0), and whose limit it is. Pure. */
import { adviceFor } from '../../advice/advice.ts';
import { isFoundationModel } from '../../plan/foundation.ts';
import type { RateLimit } from '../../rest/endpoints.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Proof, Rule } from '../finding.ts';
import { load } from './capacity.ts';
import { fromWords, numbers, personal, type WordRule } from './from-words.ts';
import { type Failed, failedInUsage, failedNow, isMany, severityOf } from './numbers.ts';
import { newestAnswers, saidBy, servedLogs } from './said.ts';

const WORDS_FROM = 'answers of the gateway (fact Q16 and the limits in the documentation)';

const WORDS: readonly WordRule[] = [
  {
    code: 'own_limit_requests',
    source: WORDS_FROM,
    severity: 'major',
    sentence: () => 'The rate limit of the endpoint refuses requests.',
  },
  {
    code: 'own_limit_user',
    source: WORDS_FROM,
    severity: 'minor',
    sentence: () => "The endpoint's rate limit for one user refuses requests. Other users are not affected.",
  },
  {
    code: 'own_limit_group',
    source: WORDS_FROM,
    severity: 'minor',
    sentence: () => "The endpoint's rate limit for a group refuses requests. Others are not affected.",
  },
  {
    code: 'own_limit_tokens',
    source: WORDS_FROM,
    severity: 'major',
    sentence: () => 'The token limit of the endpoint refuses requests.',
  },
  {
    code: 'platform_limit_zero',
    source: WORDS_FROM,
    severity: 'critical',
    sentence: () => 'Databricks has set the rate limit of this model to 0 in this workspace.',
  },
  {
    code: 'workspace_quota',
    source: WORDS_FROM,
    causes: ['workspace_quota', 'fm_input_tokens', 'fm_output_tokens', 'fm_qps'],
    severity: 'major',
    sentence: () => 'The quota of the workspace for this model is used up for the moment.',
  },
  {
    code: 'endpoint_concurrency',
    source: WORDS_FROM,
    severity: 'major',
    sentence: () => 'The served entity refuses requests because it has too many at once.',
    explains: ['errors_4xx', 'errors_5xx', 'rate_limited', 'latency_increased'],
  },
  {
    code: 'workspace_parallel',
    source: WORDS_FROM,
    severity: 'major',
    sentence: () =>
      'The workspace has too many requests in parallel over all its endpoints. A larger endpoint does not help.',
  },
];

/** Limits of the gateway, and those of endpoints from before it. */
export function limitsOf({ endpoint }: Evidence): RateLimit[] {
  const old = Array.isArray(endpoint.rate_limits) ? (endpoint.rate_limits as RateLimit[]) : [];
  return [...(endpoint.ai_gateway?.rate_limits ?? []), ...old];
}

const keyOf = ({ key = 'endpoint' }: RateLimit) => key;
const isZero = ({ calls, tokens }: RateLimit) => calls === 0 || tokens === 0;

/** A limit of 0 is an order to refuse everything. It may be meant. A limit of 0 for one user or group is nearly always meant. */
const limitZero: Rule = {
  code: 'own_limit_zero',
  source: 'answers of the gateway; a limit of 0 blocks all requests (fact G4)',
  find(evidence) {
    const limits = limitsOf(evidence);
    const said = saidBy(evidence).find(({ cause }) => cause === 'own_limit_zero');
    const all = limits.find((limit) => isZero(limit) && keyOf(limit) === 'endpoint');
    const each = limits.find((limit) => isZero(limit) && keyOf(limit) === 'user' && limit.principal === undefined);
    const zero = all ?? each;
    if (!zero && !said) return undefined;
    const name = evidence.endpoint.name;
    const unit = zero?.tokens === 0 ? 'tokens' : 'calls';
    const proof: Proof | undefined = zero && {
      source: 'config',
      of: 'ai_gateway.rate_limits',
      text: `${unit} ${keyOf(zero)}: 0 per ${zero.renewal_period}`,
    };
    const proofs = [proof, said?.proof].flatMap((one) => one ?? []);
    const [first, ...others] = proofs;
    if (!first) return undefined;
    return {
      code: 'own_limit_zero',
      severity: zero ? 'critical' : 'major',
      sentence: all
        ? 'A rate limit of 0 refuses every request to the endpoint.'
        : each
          ? 'A rate limit of 0 refuses the requests of every user.'
          : 'A rate limit of 0 refuses the requests of this caller.',
      evidence: [first, ...others, ...numbers(failedNow(evidence))],
      remedy: zero
        ? {
            call: { tool: 'set_rate_limits', args: { endpoint: name, remove: [{ key: keyOf(zero), unit }] } },
            writes: true,
            say: 'Removes the limit of 0. Ask first whether it was set on purpose.',
          }
        : personal(adviceFor('own_limit_zero', { endpoint: name })),
      confidence: 'certain',
      explains: ['errors_4xx', 'rate_limited', 'own_limit_requests', 'own_limit_user'],
    } satisfies Finding;
  },
};

/** Causes of 429 whose words were found. */
const NAMED =
  /^(?:own_limit|platform_limit|workspace_|fm_|endpoint_concurrency|provider_(?:rate_limit|limit|quota|credit|spending|payment))/;

interface Refused {
  count: number;
  requests: number;
  proof: Proof;
  /** 429s were counted as such. Otherwise they may be other refusals. */
  counted: boolean;
}

/** Requests that a limit refused, by the numbers alone. */
function refusedByNumbers(evidence: Evidence): Refused | undefined {
  for (const failed of [failedNow(evidence), failedInUsage(evidence)]) {
    const count = failed?.rateLimited;
    if (failed && count !== undefined && isMany(count, failed.requests)) {
      const [proof] = numbers({ ...failed, clientErrors: 0, serverErrors: 0 });
      if (proof) return { count, requests: failed.requests, proof, counted: true };
    }
  }
  return overLimit(evidence, failedNow(evidence));
}

/**
 * More requests than a limit allows, and client errors that the containers do not know: a limit refuses a request before it reaches one. Metrics do
 * not separate 429 from other client errors (fact L9).
 */
function overLimit(evidence: Evidence, failed: Failed | undefined): Refused | undefined {
  const { metrics } = evidence;
  if (!failed || !metrics || !isMany(failed.clientErrors, failed.requests) || failed.rateLimited !== undefined)
    return undefined;
  // A limit lets some requests pass.
  if (failed.clientErrors >= 0.98 * failed.requests) return undefined;
  const rate = failed.requests / metrics.minutes;
  const over = limitsOf(evidence).some(({ calls, tokens }) =>
    calls === undefined ? tokens !== undefined : calls > 0 && rate > calls,
  );
  if (!over || containersRefuse(evidence, failed)) return undefined;
  const [proof] = numbers({ ...failed, serverErrors: 0 });
  return proof && { count: failed.clientErrors, requests: failed.requests, proof, counted: false };
}

/** Whether the containers' own access logs show a good part of the client errors. */
function containersRefuse(evidence: Evidence, failed: Failed): boolean {
  const answers = servedLogs(evidence).flatMap((log) => [...newestAnswers(evidence, log)]);
  const answered = answers.length;
  const refused = answers.filter(({ status }) => status >= 400 && status < 500).length;
  return answered > 0 && refused / answered > failed.clientErrors / failed.requests / 3;
}

/** Share of refused requests that no rate limit explains. */
const NEARLY_ALL = 0.95;

/** In the table, which covers hours, or in the last minute. */
function isNearlyAll(evidence: Evidence, { count, requests }: Refused): boolean {
  const now = failedNow(evidence);
  return (
    count >= NEARLY_ALL * requests || (!!now && now.requests >= 2 && now.clientErrors >= NEARLY_ALL * now.requests)
  );
}

interface Candidate {
  code: string;
  sentence: string;
  proof?: Proof;
}

const SENTENCES: Record<string, string> = Object.fromEntries(WORDS.map(({ code, sentence }) => [code, sentence('')]));

/** The limits that can have refused the requests, by the configuration and the numbers. */
function candidates(evidence: Evidence, refused: Refused): Candidate[] {
  const { endpoint, metrics } = evidence;
  const rate = metrics?.total.requests === undefined ? undefined : metrics.total.requests / metrics.minutes;
  const found = limitsOf(evidence).flatMap((limit): Candidate[] => {
    const { calls, tokens, renewal_period } = limit;
    const code =
      tokens !== undefined
        ? 'own_limit_tokens'
        : ({ user: 'own_limit_user', user_group: 'own_limit_group', service_principal: 'own_limit_user' }[
            keyOf(limit)
          ] ?? 'own_limit_requests');
    // As many requests as the limit allows are needed to reach it. Tokens of requests are not known.
    if (calls !== undefined && (calls === 0 || (rate !== undefined && rate <= calls))) return [];
    const text = `${calls === undefined ? `tokens: ${tokens}` : `calls: ${calls}`} per ${renewal_period ?? 'minute'}, key ${keyOf(limit)}`;
    return [{ code, sentence: SENTENCES[code] ?? '', proof: { source: 'config', of: 'ai_gateway.rate_limits', text } }];
  });
  const unique = [...new Map(found.map((each) => [each.code, each])).values()];
  const entities = endpoint.config?.served_entities ?? [];
  if (unique.length > 0) return unique;
  const other = (code: string): Candidate => ({ code, sentence: SENTENCES[code] ?? '' });
  if (entities.some(({ external_model }) => external_model !== undefined))
    return refused.counted && isNearlyAll(evidence, refused)
      ? [
          {
            code: 'provider_quota_used_up',
            sentence:
              'The provider answers nearly every request with 429, so its quota is probably used up: a rate limit lets some requests pass.',
          },
        ]
      : [{ code: 'provider_rate_limit', sentence: 'A rate limit of the provider refuses requests.' }];
  if (isFoundationModel(endpoint)) return [other('workspace_quota')];
  // Replicas that are half full on average are full at times.
  const crowded = metrics && entities.map((each) => load(metrics, entities.length > 1 ? each.name : undefined));
  if (crowded?.some((each) => each && each.used >= each.provisioned / 2)) return [other('endpoint_concurrency')];
  return [other('endpoint_concurrency'), other('workspace_parallel')];
}

/** By numbers: no text names the limit. */
function byNumbers(evidence: Evidence): { refused: Refused; found: Candidate[] } | undefined {
  if (saidBy(evidence).some(({ cause, from }) => from === 'answer' && NAMED.test(cause))) return undefined;
  const refused = refusedByNumbers(evidence);
  return refused && { refused, found: candidates(evidence, refused) };
}

/** One limit fits the numbers. */
function onlyCandidate(code: string): Rule {
  return {
    code,
    source: 'rate limits of the endpoint against its requests (fact L9)',
    find(evidence) {
      const { refused, found } = byNumbers(evidence) ?? {};
      const [only, ...others] = found ?? [];
      if (!refused || only?.code !== code || others.length > 0) return undefined;
      return {
        code,
        severity: code === 'own_limit_user' ? 'minor' : severityOf(refused.count, refused.requests),
        sentence: only.sentence,
        evidence: [refused.proof, ...(only.proof ? [only.proof] : [])],
        remedy: personal(adviceFor(code, { endpoint: evidence.endpoint.name })),
        confidence: refused.counted && only.proof ? 'certain' : 'likely',
        explains: ['errors_4xx', 'rate_limited'],
      } satisfies Finding;
    },
  };
}

/** Several limits fit. */
const untold: Rule = {
  code: 'rate_limited',
  source: 'status 429 in the usage table or in the labels of metrics',
  find(evidence) {
    const { refused, found = [] } = byNumbers(evidence) ?? {};
    const [first, ...others] = found;
    if (!refused || !first || others.length === 0) return undefined;
    const proofs = found.flatMap(({ proof }) => proof ?? []).slice(0, 2);
    return {
      code: 'rate_limited',
      severity: severityOf(refused.count, refused.requests),
      sentence: `A limit refuses requests. Nothing here says which of these it is: ${found.map(({ code }) => code).join(', ')}. The text of a refused answer does.`,
      evidence: [refused.proof, ...proofs],
      remedy: {
        person: 'caller',
        say: 'Pass on the text of an answer with status 429: its words name the limit. The inference table has such answers too, where it is on.',
        after: { tool: 'get_endpoint', args: { endpoint: evidence.endpoint.name } },
      },
      confidence: refused.counted ? 'certain' : 'likely',
      explains: ['errors_4xx'],
    } satisfies Finding;
  },
};

const BY_NUMBERS = [
  ...WORDS.map(({ code }) => code).filter((code) => code !== 'platform_limit_zero'),
  'provider_rate_limit',
  'provider_quota_used_up',
];

export const LIMIT_RULES: readonly Rule[] = [
  limitZero,
  ...WORDS.map(fromWords),
  ...BY_NUMBERS.map(onlyCandidate),
  untold,
];
