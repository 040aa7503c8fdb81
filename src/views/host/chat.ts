/**
 * MCP Apps over `postMessage`: the page is in a frame of a chat, and the frame around it is the host. The messages are those of revision 2026-01-26 of
 * the extension. The `App` class of its SDK would be four times as large as the page.
 */
import { isObject } from '../../rest/json.ts';
import { failureOf } from '../read/failure.ts';
import { textOf } from '../read/fields.ts';
import {
  type Answer,
  type Data,
  type Host,
  HostError,
  type HostListener,
  type Look,
  type Surroundings,
} from './host.ts';

const PROTOCOL = '2026-01-26';
/** Longest wait for the host, in milliseconds. A rollout answers within the limit of its client, which is a minute in most. */
const CALL_LIMIT = 120_000;
/** Codes of refusals that say that a person published only some of the tools. */
const UNPUBLISHED = ['not_in_toolsets', 'unknown_tool'];

interface Message {
  id?: string | number;
  method?: string;
  params?: Data;
  result?: unknown;
  error?: { message?: unknown };
}

/** Meets the host. @throws HostError when it does not answer. */
export async function connectChat(listener: HostListener, { now, version }: Surroundings): Promise<Host> {
  const host = window.parent;
  if (host === window) throw new HostError('This page belongs in a chat that shows MCP Apps.');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let last = 0;
  let args: Data = {};
  let tool: string | undefined;
  /** Tools that this server turned out not to publish: a host does not say which there are. */
  const absent = new Set<string>();

  const post = (message: object) => host.postMessage({ jsonrpc: '2.0', ...message }, '*');
  function request(method: string, params: object, signal?: AbortSignal): Promise<unknown> {
    last++;
    const id = last;
    return new Promise((resolve, reject) => {
      const end = () => {
        waiting.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
      };
      const fail = (text: string) => {
        end();
        reject(new HostError(text));
      };
      const aborted = () => fail('The call was ended.');
      const timer = setTimeout(() => fail('The chat did not answer in time.'), CALL_LIMIT);
      signal?.addEventListener('abort', aborted);
      waiting.set(id, {
        resolve: (result) => {
          end();
          resolve(result);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      post({ id, method, params });
    });
  }

  function heard({ id, method, params = {}, result, error }: Message): void {
    if (method === undefined) {
      const call = typeof id === 'number' ? waiting.get(id) : undefined;
      if (error) call?.reject(new HostError(textOf(error.message) ?? 'The chat refused the call.'));
      else call?.resolve(result);
      return;
    }
    if (id !== undefined) {
      // `ping` and `ui/resource-teardown` need no more than an empty answer.
      const known = method === 'ping' || method === 'ui/resource-teardown';
      post(known ? { id, result: {} } : { id, error: { code: -32601, message: 'this view does not know the method' } });
      return;
    }
    if (method === 'ui/notifications/tool-input') {
      args = isObject(params.arguments) ? params.arguments : {};
      listener.begun(args);
    } else if (method === 'ui/notifications/tool-result') listener.answered(answerOf(params, tool, args, now()));
    else if (method === 'ui/notifications/tool-cancelled') listener.cancelled(textOf(params.reason));
    else if (method === 'ui/notifications/host-context-changed') listener.look(lookOf(params));
  }
  window.addEventListener('message', ({ source, data }) => {
    if (source === host && isObject(data) && data.jsonrpc === '2.0') heard(data as Message); // each field is checked where it is used
  });

  const met = await request('ui/initialize', {
    protocolVersion: PROTOCOL,
    appInfo: { name: 'databricks-serving-mcp', version },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
  });
  const { hostContext, hostCapabilities } = isObject(met) ? met : {};
  const can = isObject(hostCapabilities) ? hostCapabilities : {};
  if (isObject(hostContext)) {
    tool = toolOf(hostContext);
    listener.look(lookOf(hostContext));
  }
  post({ method: 'ui/notifications/initialized', params: {} });
  reportSize((size) => post({ method: 'ui/notifications/size-changed', params: size }));

  return {
    kind: 'chat',
    offers: (name) => isObject(can.serverTools) && !absent.has(name),
    async call(name, given, signal) {
      const result = await request('tools/call', { name, arguments: given }, signal);
      const answer = answerOf(isObject(result) ? result : {}, name, given, now());
      if (answer.failed && UNPUBLISHED.includes(failureOf(answer.data).code ?? '')) absent.add(name);
      return answer;
    },
    ...(isObject(can.openLinks)
      ? { openLink: (url: string) => void request('ui/open-link', { url }).catch(() => {}) }
      : {}),
    ...(isObject(can.message)
      ? {
          say: (text: string) =>
            void request('ui/message', { role: 'user', content: [{ type: 'text', text }] }).catch(() => {}),
        }
      : {}),
  };
}

/** A result of the protocol. Hosts that drop `structuredContent` still have the same object as text. */
function answerOf(result: Data, tool: string | undefined, args: Data, at: number): Answer {
  const { structuredContent, content, isError } = result;
  const [first] = Array.isArray(content) ? content : [];
  const text = isObject(first) ? textOf(first.text) : undefined;
  const data = isObject(structuredContent) ? structuredContent : parsed(text);
  const said = data ?? { error: { message: text ?? 'The answer has no content.' } };
  return { tool, args, data: said, failed: isError === true || data === undefined, at };
}

function parsed(text: string | undefined): Data | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toolOf({ toolInfo }: Data): string | undefined {
  const tool = isObject(toolInfo) ? toolInfo.tool : undefined;
  return isObject(tool) ? textOf(tool.name) : undefined;
}

function lookOf({ theme, locale, timeZone, styles }: Data): Look {
  const variables = isObject(styles) && isObject(styles.variables) ? styles.variables : {};
  const font = textOf(variables['--font-sans']);
  return {
    ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
    ...(typeof locale === 'string' ? { locale } : {}),
    ...(typeof timeZone === 'string' ? { timeZone } : {}),
    ...(font === undefined ? {} : { font }),
  };
}

/** Tells the host the height of the content, now and after each change. */
function reportSize(tell: (size: { width: number; height: number }) => void): void {
  let told = '';
  const report = () => {
    const size = { width: Math.ceil(window.innerWidth), height: Math.ceil(document.body.scrollHeight) };
    if (JSON.stringify(size) === told) return;
    told = JSON.stringify(size);
    tell(size);
  };
  new ResizeObserver(report).observe(document.body);
  report();
}
