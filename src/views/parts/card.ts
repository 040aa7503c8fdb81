/** A part of a view with its heading. */
import { type ComponentChild, type ComponentChildren, h } from 'preact';
import { useId } from 'preact/hooks';
import { Boundary } from './boundary.ts';

export interface CardProps {
  title: string;
  /** Where the numbers come from and of when they are. */
  source?: string | undefined;
  wide?: boolean;
  children?: ComponentChildren;
}

export function Card({ title, source, wide = false, children }: CardProps): ComponentChild {
  const id = useId();
  return h('section', { class: wide ? 'card wide' : 'card', 'aria-labelledby': id }, [
    h('h2', { id }, title),
    h(Boundary, { part: title }, children),
    source === undefined ? null : h('p', { class: 'source' }, source),
  ]);
}

/** Terms and their values. Those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }): ComponentChild {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (known.length === 0) return null;
  return h(
    'dl',
    { class: 'facts' },
    known.map(([term, value]) => h('div', { key: term }, [h('dt', {}, term), h('dd', {}, value)])),
  );
}
