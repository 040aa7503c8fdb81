/**
 * A button that sends an ordinary call of a tool which changes something. The first press shows what the call would change, with `dry_run`. The second
 * sends it. Where the server needs consent, it asks as it asks any client: in a dialog of the chat, or with an answer whose question is shown here.
 * The agreement then has the fingerprint of what was shown. The page has no right of its own.
 */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Data } from '../host/host.ts';
import { type Asked, type Outcome, outcomeOf, previewOf } from '../read/asked.ts';
import { useHost } from '../use-tool.ts';
import { Note } from './note.ts';

export interface ActionProps {
  tool: string;
  args: Data;
  label: string;
  /** What it does, in a sentence. */
  what: string;
  danger?: boolean;
  /** Called with the answer of a call that was carried out. */
  onDone: (answer: Answer) => void;
}

type State = { step: 'idle' | 'reading' | 'sending' } | Asked | Exclude<Outcome, Asked>;

export function Action({ tool, args, label, what, danger = false, onDone }: ActionProps): ComponentChild {
  const host = useHost();
  const [state, setState] = useState<State>({ step: 'idle' });
  const question = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const refused = useRef(false);
  useEffect(() => {
    if (state.step === 'asked') question.current?.focus();
    // Only now can the button be pressed again, and have the focus.
    if (state.step === 'idle' && refused.current) button.current?.focus();
    refused.current = false;
  }, [state]);
  if (!host?.offers(tool)) return null;

  async function preview(): Promise<void> {
    setState({ step: 'reading' });
    try {
      const answer = await host?.call(tool, { ...args, dry_run: true });
      if (answer) setState(previewOf(answer, args, what));
    } catch (error) {
      setState({ step: 'failed', message: `${textOfError(error)} Nothing was changed.` });
    }
  }
  async function send(given: Data): Promise<void> {
    setState({ step: 'sending' });
    try {
      const answer = await host?.call(tool, given);
      if (!answer) return;
      const outcome = outcomeOf(answer, given);
      setState(outcome);
      if (outcome.step === 'done') onDone(answer);
    } catch (error) {
      const doubt = 'Whether the call had an effect is not known. Look at the state before you try again.';
      setState({ step: 'failed', message: `${textOfError(error)} ${doubt}` });
    }
  }
  function back(): void {
    refused.current = true;
    setState({ step: 'idle' });
  }

  const busy = state.step === 'reading' || state.step === 'sending';
  return h('div', { class: 'action' }, [
    h(
      'button',
      {
        type: 'button',
        ref: button,
        class: danger ? 'danger' : '',
        disabled: busy || state.step === 'asked',
        'aria-busy': busy,
        onClick: () => void preview(),
      },
      busy ? `${label} …` : label,
    ),
    state.step === 'asked'
      ? h(
          'div',
          {
            class: 'note warn question',
            role: 'alertdialog',
            'aria-label': `${label}?`,
            tabIndex: -1,
            ref: question,
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key === 'Escape') back();
            },
          },
          [
            h('p', {}, state.question),
            state.changes.length > 0
              ? h(
                  'ul',
                  {},
                  state.changes.map((each) => h('li', { key: each }, each)),
                )
              : null,
            h('div', { class: 'buttons' }, [
              h(
                'button',
                { type: 'button', class: danger ? 'danger' : '', onClick: () => void send(state.args) },
                `Yes, ${label.toLowerCase()}`,
              ),
              h('button', { type: 'button', onClick: back }, 'No, change nothing'),
            ]),
          ],
        )
      : null,
    state.step === 'failed'
      ? h(Note, { tone: 'bad', title: `${label}: not done.`, live: true }, [
          h('p', {}, state.message),
          state.next === undefined ? null : h('p', {}, state.next),
        ])
      : null,
    state.step === 'done' ? h(Note, { tone: 'good', title: state.message, live: true }) : null,
  ]);
}

function textOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
