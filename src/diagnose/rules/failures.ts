/** Failing requests of a model that runs: exceptions, dependencies, payloads, and workers that end. Pure. */
import { adviceFor } from '../../advice/advice.ts';
import { dependencyFailure } from '../../digest/dependency.ts';
import { hasContainer } from '../../plan/deployments.ts';
import { call } from '../../refusal.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Proof, Rule } from '../finding.ts';
import { fromWords, numbers, personal, type WordRule } from './from-words.ts';
import { ENOUGH, failedIn, failedInUsage, failedNow, isMany, severityOf, shareText, sureShare } from './numbers.ts';
import { newestAnswers, requestsFail, type Said, type ServedLog, saidBy, servedLogs } from './said.ts';

const EXCEPTIONS =
  'tracebacks in service logs, and the stack trace of an answer; an exception in the model is a 400 (fact H2)';
const DRIVERS = 'exceptions of database drivers, HTTP, gRPC, AWS, search and cache clients, from their sources';

/** The host in a line of a log. It is text from outside, so it is part of the evidence only. */
function dependencyRemedy(evidence: Evidence, { proof }: Said, slow: boolean) {
  const target = dependencyFailure([proof.text])?.target;
  const which = target === undefined ? 'the service that the evidence names' : 'the host in the evidence';
  return {
    person: 'model author' as const,
    say: slow
      ? `Find out why ${which} is slow or unreachable from the endpoint: its own health, its network rules, or a statement that takes too long. Give the call a time limit far below 297 s, so that requests fail fast.`
      : `Find out why ${which} does not accept connections from the endpoint: its address, its network rules, or whether it runs.`,
    after: { tool: 'get_logs', args: { endpoint: evidence.endpoint.name } },
  };
}

const WORDS: readonly WordRule[] = [
  {
    code: 'dependency_timeout',
    source: DRIVERS,
    severity: 'share',
    sentence: (where) => `Requests fail because a service that the model${where} calls does not answer in time.`,
    remedy: (evidence, said) => dependencyRemedy(evidence, said, true),
  },
  {
    code: 'dependency_unreachable',
    source: DRIVERS,
    severity: 'share',
    sentence: (where) => `Requests fail because the model${where} cannot reach a service that it calls.`,
    remedy: (evidence, said) => dependencyRemedy(evidence, said, false),
  },
  {
    code: 'dependency_refused',
    source: 'refusals that agents and models quote (fact H12)',
    severity: 'share',
    sentence: (where) => `Requests fail because a service that the model${where} calls refuses it.`,
    remedy: (evidence, said) =>
      said.advice
        ? undefined
        : {
            person: 'model author',
            say: 'Check at the service in the evidence which login the model uses, what it may do there, and which limit it meets.',
            after: { tool: 'get_logs', args: { endpoint: evidence.endpoint.name } },
          },
  },
  {
    code: 'gpu_out_of_memory',
    source: 'exceptions of torch',
    severity: 'share',
    sentence: (where) => `Requests fail because the GPU${where} runs out of memory.`,
  },
  {
    code: 'gpu_fault',
    source: 'CUDA: its errors last until the process ends',
    severity: 'share',
    sentence: (where) => `Requests fail because the GPU${where} reported a fault, which lasts until its process ends.`,
  },
  {
    code: 'payload_breaks_model',
    source: 'exceptions of scikit-learn, xgboost, lightgbm, pandas, ONNX Runtime, Keras, torch, tokenizers and mlflow',
    severity: 'share',
    sentence: (where) =>
      `Requests fail because their rows do not have the columns, the shape or the type that the model${where} takes.`,
    remedy: ({ endpoint }) => ({
      person: 'caller',
      say: `Compare the rows that fail with what the model takes: ${call('get_schema', { endpoint: endpoint.name })} shows it. If they are right, the code of the model prepares them wrongly, and its author corrects that.`,
    }),
  },
  {
    code: 'model_raises',
    source: EXCEPTIONS,
    causes: ['model_raises', 'model_raised', 'status_model_raised'],
    severity: 'share',
    sentence: (where) => `Requests fail because the code of the model${where} raises an exception.`,
    remedy: (evidence) => personal(adviceFor('model_raised', { endpoint: evidence.endpoint.name })),
  },
  {
    code: 'payload_too_large',
    source: 'limits of the service: 16 MB, and 4 MB for language models',
    causes: ['body_too_large', 'body_too_large_by_status'],
    severity: 'minor',
    sentence: () => 'A caller sends payloads that are larger than the service takes.',
    explains: ['errors_4xx'],
  },
  {
    code: 'context_too_long',
    source: 'answers of language models',
    severity: 'minor',
    sentence: () => 'A caller sends more tokens than the model takes.',
    explains: ['errors_4xx'],
  },
  {
    code: 'payload_rejected',
    source: 'answers of model servers and foundation models to payloads that do not fit',
    causes: [
      ...['columns_missing', 'column_type', 'tensor_shape', 'envelope_wrong', 'body_not_json', 'body_not_json_control'],
      ...['content_type', 'agent_wants_input', 'agent_wants_messages', 'field_unknown', 'parameter_unsupported'],
      ...['json_schema_refused', 'json_word_missing', 'tool_definition_refused', 'extra_field', 'no_streaming'],
      ...['image_refused', 'payload_does_not_fit', 'payload_words'],
    ],
    severity: 'minor',
    sentence: () =>
      'The endpoint refuses payloads that do not fit the model. The payload is the cause, not the endpoint.',
    explains: ['errors_4xx'],
  },
  {
    code: 'no_replica_answers',
    source: 'words of the proxy in front of the replicas',
    causes: ['no_upstream', 'front_unavailable'],
    severity: 'share',
    sentence: () => 'No replica takes requests at the moment.',
    explains: ['errors_5xx'],
    only: 'answer',
  },
  {
    code: 'platform_error',
    source: 'documentation: an exception in the model is a 4xx, so a bare 500 is the fault of the platform',
    severity: 'share',
    sentence: () => 'The service itself fails, before or behind the model.',
    explains: ['errors_5xx'],
    only: 'answer',
  },
];

/** Lines of a log in which a worker ended after it had served requests. */
function endedWorkers(evidence: Evidence, which: 'timeouts' | 'kills'): { log: ServedLog; at: readonly number[] }[] {
  return servedLogs(evidence).flatMap((log) => {
    const at = log.served[which].filter((line) => isCurrent(evidence, log.served.timeOf(line)));
    return at.length > 0 ? [{ log, at }] : [];
  });
}

/** A worker that ended long ago was replaced. */
function isCurrent({ now }: Evidence, at: number | undefined): boolean {
  return at === undefined || now - at <= 6 * 60 * 60_000;
}

function lineProof({ evidence: { lines }, of, served }: ServedLog, at: readonly number[]): Proof {
  const last = at.at(-1) ?? 0;
  const text = `${lines[last] ?? ''}${at.length > 1 ? ` (${at.length} such lines)` : ''}`;
  return { source: 'service log', of, text, at: served.timeOf(last) };
}

function serverErrorsShow(evidence: Evidence, entity: string): boolean {
  const { metrics } = evidence;
  const own = metrics && failedIn(metrics.entities.get(entity), metrics);
  return [own, failedNow(evidence)].some((failed) => failed && isMany(failed.serverErrors, failed.requests));
}

/** One slow request ends one worker. Several ones, or server errors next to it, are a fault. */
const workerTimeout: Rule = {
  code: 'worker_timeout',
  source: 'gunicorn: WORKER TIMEOUT, then SIGKILL of that worker',
  find(evidence) {
    return endedWorkers(evidence, 'timeouts').flatMap(({ log, at }): Finding[] => {
      const failing = serverErrorsShow(evidence, log.entity);
      if (at.length < 3 && !failing) return [];
      return [
        {
          code: 'worker_timeout',
          severity: 'major',
          sentence: `Workers of ${log.entity} are ended because single requests take longer than the server allows. Memory is not the cause.`,
          since: log.served.timeOf(at[0] ?? 0),
          evidence: [lineProof(log, at), ...numbers(failedNow(evidence))],
          remedy: personal(adviceFor('worker_timeout', { endpoint: evidence.endpoint.name })),
          confidence: at.length >= 3 ? 'certain' : 'likely',
          explains: ['errors_5xx'],
        },
      ];
    });
  },
};

const FULL_MEMORY = 80;

const workerOutOfMemory: Rule = {
  code: 'worker_out_of_memory',
  source: 'gunicorn: was sent SIGKILL! Perhaps out of memory?; the kernel: exit code 137',
  find(evidence) {
    return endedWorkers(evidence, 'kills').flatMap(({ log, at }): Finding[] => {
      const memory = evidence.metrics?.entities.get(log.entity)?.memory_percent ?? 0;
      const sure = at.length >= 2 || memory >= FULL_MEMORY;
      if (!sure && !serverErrorsShow(evidence, log.entity)) return [];
      return [
        {
          code: 'worker_out_of_memory',
          severity: 'major',
          sentence: `Workers of ${log.entity} that serve requests are killed, most likely because they run out of memory.`,
          since: log.served.timeOf(at[0] ?? 0),
          evidence: [lineProof(log, at), ...memoryProof(evidence, log.entity)],
          remedy: personal(adviceFor('worker_out_of_memory', { endpoint: evidence.endpoint.name })),
          confidence: sure ? 'certain' : 'likely',
          explains: ['errors_5xx', 'memory_near_full', 'out_of_memory', 'worker_timeout'],
        },
      ];
    });
  },
};

function memoryProof({ metrics }: Evidence, entity: string): Proof[] {
  const memory = metrics?.entities.get(entity)?.memory_percent;
  return metrics === undefined || memory === undefined
    ? []
    : [{ source: 'metrics', of: `memory of ${entity}`, text: `${memory} %`, at: metrics.at }];
}

/** Client errors that the containers answered themselves, without an exception: the payloads do not fit. */
const payloadByNumbers: Rule = {
  code: 'payload_rejected',
  source: 'access logs of model servers: a 400 without a traceback is a payload that the server refused',
  find(evidence) {
    const failed = failedNow(evidence);
    if (!failed || !isMany(failed.clientErrors, failed.requests) || failed.rateLimited) return undefined;
    if (saidBy(evidence).length > 0) return undefined;
    for (const log of servedLogs(evidence)) {
      const answers = newestAnswers(evidence, log);
      const answered = answers.length;
      const refused = answers.filter(({ status }) => status >= 400 && status < 500).length;
      if (isMany(log.served.failures.length, answered) || !isMany(refused, answered)) continue;
      if (refused / answered < (0.5 * failed.clientErrors) / failed.requests) continue;
      return {
        code: 'payload_rejected',
        severity: 'minor',
        sentence:
          'The model server refuses payloads, and its log has no exception for them. Most likely the payloads of a caller do not fit the model.',
        evidence: [
          {
            source: 'service log',
            of: log.of,
            text: `${shareText(refused, answered, 'answers in the access log')} have a status of 4xx, and nearly none has a traceback`,
          },
          ...numbers(failed),
        ],
        remedy: {
          call: { tool: 'get_schema', args: { endpoint: evidence.endpoint.name } },
          writes: false,
          say: 'Shows what the model takes. Compare it with what the callers send.',
        },
        confidence: 'likely',
        explains: ['errors_4xx'],
      } satisfies Finding;
    }
    return undefined;
  },
};

interface StatusCause {
  status: number;
  code: string;
  /** Only of external models: their provider gives the status. */
  external: boolean;
  sentence: string;
}

const ofProvider = (status: number, code: string): StatusCause => ({
  status,
  code,
  external: true,
  sentence: `The provider answers with status ${status}, for which this is the most likely cause.`,
});

const BY_STATUS: readonly StatusCause[] = [
  ofProvider(401, 'provider_key_invalid'),
  ofProvider(402, 'provider_credit_low'),
  ofProvider(403, 'provider_refused'),
  ofProvider(404, 'provider_model_missing'),
  ofProvider(529, 'provider_overloaded'),
  {
    status: 413,
    code: 'payload_too_large',
    external: false,
    sentence: 'Callers send payloads that are larger than the service takes.',
  },
  {
    status: 504,
    code: 'near_time_limit',
    external: false,
    sentence: 'Requests take longer than the 297 s that the service allows.',
  },
];

/** The advice of a status, where it has another name than the finding. */
const ADVICE: Record<string, string> = { payload_too_large: 'body_too_large', near_time_limit: 'time_limit' };

/** The status in the usage table, for entities whose provider answers. */
function byUsageStatus({ status, code, external, sentence }: StatusCause): Rule {
  return {
    code,
    source: 'status_code in system.serving.endpoint_usage; a provider keeps its status (fact X4)',
    find(evidence) {
      const { usage, endpoint } = evidence;
      const total = failedInUsage(evidence);
      const count = usage?.byStatus.get(status) ?? 0;
      const provided = (endpoint.config?.served_entities ?? []).every(
        ({ external_model: model }) => model !== undefined,
      );
      if ((external && !provided) || !total || !isMany(count, total.requests) || requestsFail(evidence) === false)
        return undefined;
      if (saidBy(evidence).some(({ cause }) => cause.startsWith('provider_'))) return undefined;
      return {
        code,
        severity: severityNow(evidence, severityOf(count, total.requests)),
        sentence,
        evidence: [
          {
            source: 'usage',
            of: `requests of ${total.span}`,
            text: `${shareText(count, total.requests)} with status ${status}`,
            at: total.at,
          },
          ...numbers(failedNow(evidence)),
        ],
        remedy: personal(adviceFor(ADVICE[code] ?? code, { endpoint: endpoint.name })),
        confidence: 'likely',
        explains: ['errors_4xx', 'errors_5xx'],
      } satisfies Finding;
    },
  };
}

/** The table covers hours, and the metrics the last minute. */
function severityNow(evidence: Evidence, byTable: 'critical' | 'major'): 'critical' | 'major' {
  const failed = failedNow(evidence);
  const bad = failed ? failed.clientErrors + failed.serverErrors : 0;
  return failed && isMany(bad, failed.requests) ? severityOf(bad, failed.requests) : byTable;
}

/** Share of refused requests that few requests must certainly show. A caller with a wrong payload stays below it. */
const SURE_OF_FEW = 0.2;

/** A symptom: requests fail, and nothing says why. Every cause above explains it. */
function symptom(kind: '4xx' | '5xx'): Rule {
  const code = `errors_${kind}`;
  return {
    code,
    source: 'request counts of the metrics (fact L6)',
    find(evidence) {
      const failed = failedNow(evidence);
      const count = kind === '5xx' ? failed?.serverErrors : failed?.clientErrors;
      if (!failed || count === undefined || !isMany(count, failed.requests)) return undefined;
      if (kind === '4xx' && failed.requests < ENOUGH && sureShare(count, failed.requests) < SURE_OF_FEW)
        return undefined;
      const [proof] = numbers({ ...failed, ...(kind === '5xx' ? { clientErrors: 0 } : { serverErrors: 0 }) });
      if (!proof) return undefined;
      const endpoint = evidence.endpoint.name;
      const container = (evidence.endpoint.config?.served_entities ?? []).some(hasContainer);
      return {
        code,
        severity: kind === '5xx' ? severityOf(count, failed.requests) : count === failed.requests ? 'major' : 'minor',
        sentence:
          kind === '5xx'
            ? 'Requests fail with 5xx, and nothing that could be read says why.'
            : 'Requests are refused with 4xx, and nothing that could be read says why: a payload, a limit, a guardrail or a right.',
        evidence: [proof],
        remedy: {
          person: 'caller',
          say: 'Pass on the text of a failed answer: it settles the cause. The inference table has such answers too, where it is on.',
          ...(container ? { after: { tool: 'get_logs', args: { endpoint } } } : {}),
        },
        confidence: 'certain',
      } satisfies Finding;
    },
  };
}

export const FAILURE_RULES: readonly Rule[] = [
  ...WORDS.map(fromWords),
  workerTimeout,
  workerOutOfMemory,
  payloadByNumbers,
  ...BY_STATUS.map(byUsageStatus),
  symptom('4xx'),
  symptom('5xx'),
];
