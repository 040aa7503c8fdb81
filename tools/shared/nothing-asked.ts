import { call, Refusal } from '../../src/tool.ts';

/** Refuses a write that names nothing to change: "changed: false" would read as if all were as wanted. @param lacks what should have been named. */
export function refuseNothing(endpoint: string, lacks: string, look = 'get_endpoint'): never {
  const next = `Name what shall change; ${call(look, { endpoint })} shows what is set.`;
  throw new Refusal('nothing_asked', `${lacks}; nothing was sent`, next);
}
