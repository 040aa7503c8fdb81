/** What a report of usage is about: which one, of which time, and how it is grouped. */
import { type ComponentChild, h } from 'preact';
import { useState } from 'preact/hooks';
import { groupingsOf, REPORTS, type Wish, windowsOf } from '../read/usage-wish.ts';

export function UsageChoices({
  wish,
  change,
  busy,
}: {
  wish: Wish;
  change: (part: Partial<Wish>) => void;
  busy: boolean;
}): ComponentChild {
  const { report, since, by, endpoint } = wish;
  const [name, setName] = useState(endpoint ?? '');
  const show = () => change({ endpoint: name.trim() === '' ? undefined : name.trim() });
  // The frames of chats allow no forms.
  return h('div', { class: 'choices wide', role: 'search' }, [
    h(
      'div',
      { class: 'buttons', role: 'group', 'aria-label': 'Report' },
      REPORTS.map(([value, title]) =>
        h(
          'button',
          { key: value, type: 'button', 'aria-pressed': value === report, onClick: () => change({ report: value }) },
          title,
        ),
      ),
    ),
    h(Choice, {
      label: 'Window',
      value: since,
      options: windowsOf(report),
      choose: (value) => change({ since: value }),
    }),
    h(Choice, {
      label: 'Rows',
      value: by,
      options: groupingsOf(report),
      usual: 'default',
      choose: (value) => change({ by: value }),
    }),
    h('label', {}, [
      'Endpoint',
      h('input', {
        type: 'text',
        value: name,
        placeholder: 'all',
        onInput: (event: Event) => setName((event.target as HTMLInputElement).value), // the handler is that of this input
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key === 'Enter') show();
        },
      }),
    ]),
    h('button', { type: 'button', disabled: busy, onClick: show }, 'Show'),
  ]);
}

/** A choice of one value. A value that is none of the options is one of them while it is chosen. */
function Choice({
  label,
  value,
  options,
  usual,
  choose,
}: {
  label: string;
  value: string;
  options: [value: string, title: string][];
  usual?: string;
  choose: (value: string) => void;
}): ComponentChild {
  if (options.length === 0) return null;
  const all = [...(usual === undefined ? [] : [['', usual] as const]), ...options];
  const shown = all.some(([each]) => each === value) ? all : [[value, `since ${value}`] as const, ...all];
  return h('label', {}, [
    label,
    h(
      'select',
      { value, onChange: (event: Event) => choose((event.target as HTMLSelectElement).value) }, // the handler is that of this select
      shown.map(([each, title]) => h('option', { key: each, value: each }, title)),
    ),
  ]);
}
