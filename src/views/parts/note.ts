/** What a view says instead of data, or about it: nothing there, still coming, incomplete, failed. */
import { type ComponentChild, type ComponentChildren, h } from 'preact';
import { sentence, type Tone } from '../read/state.ts';
import type { Reading } from '../use-tool.ts';
import { useFormat } from './format.ts';

/** Shapes, so that a tone does not depend on its colour. */
export const SHAPES: Record<Tone, string> = { plain: '○', busy: '◐', good: '●', warn: '▲', bad: '◆' };

export interface NoteProps {
  tone?: Tone;
  title: string;
  children?: ComponentChildren;
  /** A screen reader says it at once. */
  live?: boolean;
}

export function Note({ tone = 'plain', title, children, live = false }: NoteProps): ComponentChild {
  return h('div', { class: `note ${tone}`, role: live ? 'status' : undefined }, [
    h('p', { class: 'note-title' }, [h('span', { class: 'shape', 'aria-hidden': true }, SHAPES[tone]), ' ', title]),
    children,
  ]);
}

/** Lines that an answer adds, such as what was not checked. Nothing without lines. */
export function Remarks({
  title,
  lines,
  tone = 'plain',
}: {
  title: string;
  lines: string[];
  tone?: Tone;
}): ComponentChild {
  if (lines.length === 0) return null;
  return h(
    Note,
    { title, tone },
    h(
      'ul',
      {},
      lines.map((line) => h('li', {}, line)),
    ),
  );
}

/** That the first answer is still to come, or that the newest call failed and what is shown is older. */
export function ReadingNote({ reading, what }: { reading: Reading; what: string }): ComponentChild {
  const format = useFormat();
  const { answer, failure, busy, offered, refresh } = reading;
  if (failure) {
    const kept = answer ? ` What is shown is of ${format.moment(answer.at)}.` : '';
    return h(Note, { tone: 'bad', title: `${what} could not be read.`, live: true }, [
      h('p', {}, `${sentence(failure.message)}${kept}`),
      failure.next === undefined ? null : h('p', {}, failure.next),
      offered ? h('button', { type: 'button', onClick: refresh, disabled: busy }, 'Try again') : null,
    ]);
  }
  return answer || !offered ? null : h(Note, { title: `Reading ${what.toLowerCase()} …`, live: true });
}

/** The parts that the page neither has nor can read. Nothing when there are none. */
export function Absent({ parts }: { parts: readonly (readonly [string, Reading])[] }): ComponentChild {
  const absent = parts.flatMap(([what, { answer, offered }]) => (answer || offered ? [] : [what]));
  if (absent.length === 0) return null;
  return h('p', { class: 'source wide' }, `Not in this answer, and not to be read here: ${absent.join(', ')}.`);
}
