/** Shared by the tests of the tools: a workspace with given endpoints, the settings of an endpoint, and undoing. */
import { expect, it } from 'vitest';
import type { Answer, Harness, HarnessOptions } from './harness.ts';
import { WAY } from './meeting.ts';
import { follow, seed, writes } from './workspace.ts';

/** For `useHarness`: a server on a workspace with these endpoints. */
export function withEndpoints(
  endpoints: unknown[] = [],
  options: HarnessOptions = {},
  more: Record<string, unknown> = {},
): HarnessOptions {
  return { seed: seed(endpoints, more), ...options };
}

/**
 * For a test about the time while a dialog is open, or about what is read around it. Over HTTP, the call has ended meanwhile and begins again with the
 * answer: test/mcp/consent-by-reply.test.ts has those cases.
 */
export const inSession = it.skipIf(WAY === 'http');

/** Answers every consent question with yes. */
export const agree = () => ({ action: 'accept' as const, content: { confirm: true } });

/** Sends a request to the workspace, past the server under test. */
export async function ask(harness: Harness, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(harness.sandbox.host + path, {
    ...init,
    headers: { authorization: `Bearer ${harness.sandbox.token}`, 'content-type': 'application/json' },
  });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

const OUTPUT = ['state', 'creator', 'creation_timestamp', 'type', 'min_dbus', 'max_dbus'];

/** All settings of an endpoint, read from the workspace itself. The order of lists does not matter. */
export async function settings(harness: Harness, name: string): Promise<Record<string, unknown>> {
  // biome-ignore lint/suspicious/noExplicitAny: the workspace's own answer, compared as a whole
  const seen = (await ask(harness, `/api/2.0/serving-endpoints/${name}`)) as any;
  const byName = (list: Record<string, unknown>[], key: string, value: (item: Record<string, unknown>) => unknown) =>
    Object.fromEntries(list.map((item) => [item[key], value(item)]));
  const { config, tags = [], ai_gateway, email_notifications, description } = seen;
  const { rate_limits, ...gateway } = ai_gateway ?? {};
  return {
    entities: byName(config?.served_entities ?? [], 'name', (entity) =>
      Object.fromEntries(Object.entries(entity).filter(([field]) => !OUTPUT.includes(field))),
    ),
    traffic: byName(config?.traffic_config?.routes ?? [], 'served_entity_name', (route) => route.traffic_percentage),
    tags: byName(tags, 'key', (tag) => tag.value),
    gateway,
    rate_limits: rate_limits ?? [],
    notifications: {
      on_update_success: email_notifications?.on_update_success ?? [],
      on_update_failure: email_notifications?.on_update_failure ?? [],
    },
    description,
  };
}

/** Advances the clock until every deployment has ended. */
export function settle(harness: Harness): void {
  harness.sandbox.clock.advance(60 * 60_000);
}

/** Makes a call, then its `undo` word for word. The call must change the settings, and the undo must restore them. */
export async function expectUndo(
  harness: Harness,
  name: string,
  tool: string,
  args: Record<string, unknown>,
): Promise<{ made: Answer; back: Answer }> {
  const before = await settings(harness, name);
  const made = await harness.call(tool, args);
  expect(made.data.error).toBeUndefined();
  settle(harness);
  expect(await settings(harness, name)).not.toEqual(before);
  const back = await follow(harness, made.data.undo);
  expect(back.data.error).toBeUndefined();
  expect(back.data.changed).toBe(true);
  settle(harness);
  expect(await settings(harness, name)).toEqual(before);
  return { made, back };
}

/** Expects a refusal with this code and with advice, and that no write was sent. */
export function expectRefusal(harness: Harness, { isError, data }: Answer, code: string): void {
  expect(isError).toBe(true);
  expect(data.error).toMatchObject({ code });
  expect(data.error.next).not.toBe('');
  expect(writes(harness)).toEqual([]);
}
