/** What a call that changes something would do, what it asks, and how it ended. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Answer, Data } from '../host/host.ts';
import { failureOf } from './failure.ts';
import { rowsOf, textOf, textsOf, wordOf } from './fields.ts';

/** A person must say yes. `args` are the complete call that counts then. */
export interface Asked {
  step: 'asked';
  question: string;
  changes: string[];
  args: Data;
}

export type Outcome =
  | Asked
  | { step: 'failed'; message: string; next?: string | undefined }
  | { step: 'done'; message: string };

/** @param answer of the call with `dry_run`. @param what the call does, in a sentence. */
export function previewOf({ data, failed }: Answer, args: Data, what: string): Outcome {
  if (failed) return { step: 'failed', ...failureOf(data) };
  const refused = isObject(data.would_be_refused) ? failureOf({ error: data.would_be_refused }) : undefined;
  if (refused) return { step: 'failed', ...refused };
  const changes = [...changesIn(data.changes), ...textsOf(data.warnings)];
  return {
    step: 'asked',
    question: changes.length > 0 ? what : `${what} No field of the config changes.`,
    changes,
    args,
  };
}

/** @param answer of a call with these arguments. */
export function outcomeOf({ data, failed }: Answer, args: Data): Outcome {
  if (failed) return { step: 'failed', ...failureOf(data) };
  const asks = textOf(data.needs_consent);
  if (asks === undefined) {
    const outcome = textOf(data.outcome)?.replaceAll('_', ' ');
    return { step: 'done', message: outcome === undefined ? 'Done.' : `Done. The outcome is: ${outcome}.` };
  }
  const name = textOf(data.endpoint);
  const fingerprint = textOf(data.fingerprint);
  if (name === undefined || fingerprint === undefined)
    return {
      step: 'failed',
      message: 'The server asks for consent in a form that this view does not know.',
      next: textOf(data.next),
    };
  // The person pressed a button of this endpoint, and agrees to nothing about another one.
  if (args.endpoint !== undefined && name !== args.endpoint)
    return {
      step: 'failed',
      message: `The server asks for consent to a change of ${name}, which is another endpoint.`,
    };
  return {
    step: 'asked',
    // What follows tells a model how to ask a person. Here the person is asked.
    question: asks.split(' Ask the user.')[0] ?? asks,
    changes: isObject(data.preview) ? changesIn(data.preview.changes) : [],
    args: { ...args, confirm: name, if_fingerprint: fingerprint },
  };
}

/** Each change in a line. */
function changesIn(changes: unknown): string[] {
  return rowsOf(changes).map(({ field, from, to }) => {
    const [before, after] = [markIn(field, from), markIn(field, to)];
    if (before !== undefined && after !== undefined) return `the mark of the rollout: ${before} → ${after}`;
    return `${wordOf(field) ?? 'a field'}: ${shown(from)} → ${shown(to)}`;
  });
}

/** What a person wants to know of the tag that marks a rollout, such as `held at step 3`. Undefined for another field or form. */
function markIn(field: unknown, value: unknown): string | undefined {
  if (field !== 'tags.databricks-serving-mcp-rollout') return undefined;
  if (value === undefined || value === null || value === '') return 'none';
  const text = textOf(value) ?? '';
  const [, state, step] = /^\w+ (held|running) version \d+ step (\d+) of /.exec(text) ?? [];
  if (state !== undefined) return `${state} at step ${step}`;
  return /^\w+ rolled back version \d+ /.test(text) ? 'rolled back' : undefined;
}

function shown(value: unknown): string {
  return wordOf(value) ?? (value === undefined || value === null || value === '' ? 'nothing' : JSON.stringify(value));
}
