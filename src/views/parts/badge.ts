/** A state as a shape, a colour and a word. */
import { type ComponentChild, h } from 'preact';
import type { Tone } from '../read/state.ts';
import { SHAPES } from './note.ts';

/** @param word as the service or the tool says it: an unknown word is shown as it is. */
export function Badge({ tone, word }: { tone: Tone; word: string }): ComponentChild {
  return h('span', { class: `badge ${tone}` }, [
    h('span', { class: 'shape', 'aria-hidden': true }, SHAPES[tone]),
    ' ',
    word,
  ]);
}
