import type { ExternalModel } from '../state/wire-types.ts';

/** Paths of an OpenAI-compatible server by the task of the external model. */
const TASK_PATH: Record<string, string> = {
  'llm/v1/chat': 'chat/completions',
  'llm/v1/completions': 'completions',
  'llm/v1/embeddings': 'embeddings',
};

/** A provider that hangs must not hang the sandbox. The service gives a model 297 s. */
const LONGEST = 297_000;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

function baseUrlOf(model: ExternalModel): string | undefined {
  const read = (config: unknown, field: string): string | undefined => {
    const value =
      typeof config === 'object' && config !== null
        ? Object.entries(config).find(([key]) => key === field)?.[1]
        : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  if (model.provider === 'openai') return read(model.openai_config, 'openai_api_base');
  if (model.provider === 'custom') return read(model.custom_provider_config, 'custom_provider_url');
  return undefined;
}

/**
 * The URL for requests to an external model. Undefined when the sandbox answers itself: there is no OpenAI-compatible base URL, or it is
 * neither on this machine nor at an `allowed` origin. A URL that already ends in the task's path is used unchanged.
 */
export function forwardUrl(model: ExternalModel, allowed: readonly string[]): URL | undefined {
  const base = baseUrlOf(model);
  const path = TASK_PATH[model.task];
  if (base === undefined || path === undefined || !URL.canParse(base)) return undefined;
  const url = new URL(base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (!LOOPBACK.has(url.hostname) && !allowed.includes(url.origin)) return undefined;
  const folder = url.pathname.replace(/\/+$/, '');
  url.pathname = folder.endsWith(`/${path}`) ? folder : `${folder}/${path}`;
  return url;
}

/**
 * Sends a query to the server of an external model and returns its response. The body is unread, so that a stream stays a stream. No
 * credential is sent, because the sandbox stores none (assumed: data.external-credentials). Redirects are not followed, so that an allowed
 * server cannot send the request elsewhere. Throws when the server cannot be reached.
 */
export async function forward(
  url: URL,
  model: ExternalModel,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Response> {
  const { usage_context: _usage, client_request_id: _id, databricks_options: _options, ...rest } = body;
  const payload = JSON.stringify({ ...rest, model: model.name });
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: rest.stream === true ? 'text/event-stream' : 'application/json',
    },
    body: payload,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
  });
}

/** What a forwarded stream contained, for the usage record. */
export interface StreamContents {
  characters: number;
  /** The provider's own count, if a chunk had one. */
  completion_tokens: number | undefined;
}

/** Passes a provider's stream on unchanged and reports its contents at the end. */
export function tap(
  body: ReadableStream<Uint8Array>,
  done: (seen: StreamContents) => void,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const seen: StreamContents = { characters: 0, completion_tokens: undefined };
  let rest = '';
  const read = (line: string): void => {
    const usage = /"completion_tokens"\s*:\s*(\d+)/.exec(line)?.[1];
    if (usage !== undefined) seen.completion_tokens = Number(usage);
    seen.characters += /"content"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.length ?? 0;
  };
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) read(line);
      },
      flush() {
        read(rest);
        done(seen);
      },
    }),
  );
}
