/** Why a report could not be read. Where a SQL warehouse is missing, a person chooses one: starting it costs money, so only a press that says so does. */
import { type ComponentChild, h } from 'preact';
import type { Failure } from '../read/failure.ts';
import { mayStart, warehousesIn } from '../read/usage-wish.ts';
import { Badge } from './badge.ts';
import { Note } from './note.ts';

export interface WarehousesProps {
  failure: Failure;
  busy: boolean;
  offered: boolean;
  refresh: () => void;
  choose: (warehouse: string, start: boolean) => void;
}

export function Warehouses({ failure, busy, offered, refresh, choose }: WarehousesProps): ComponentChild {
  const { message, next, code, data = {} } = failure;
  const found = warehousesIn(data);
  const isChoice = offered && found.length > 0 && code !== 'statement_timeout' && code !== 'warehouse_starting';
  return h('div', { class: 'wide' }, [
    h(
      Note,
      {
        tone: isChoice ? 'warn' : 'bad',
        title: message,
        live: true,
      },
      [
        // What follows tells a model what to ask. Here the buttons ask.
        isChoice || next === undefined ? null : h('p', {}, next),
        isChoice ? h('p', {}, 'Reports are read over a SQL warehouse. Choose one.') : null,
        isChoice
          ? h(
              'ul',
              { class: 'warehouses' },
              found.map(({ id, name, state, size, isStopped }) =>
                h('li', { key: id }, [
                  h('b', {}, h('bdi', {}, name)),
                  h(Badge, { tone: state === 'running' ? 'good' : 'plain', word: state }),
                  size === undefined ? null : h('span', { class: 'muted' }, size),
                  isStopped && !mayStart(data)
                    ? h('span', { class: 'muted' }, 'this server starts none')
                    : h(
                        'button',
                        {
                          type: 'button',
                          disabled: busy,
                          class: isStopped ? 'danger' : '',
                          onClick: () => choose(id, isStopped),
                        },
                        isStopped
                          ? ['Start it, which costs money', h('span', { class: 'sr' }, `: ${name}`)]
                          : ['Use it', h('span', { class: 'sr' }, `: ${name}`)],
                      ),
                ]),
              ),
            )
          : null,
        offered
          ? h('button', { type: 'button', onClick: refresh, disabled: busy }, busy ? 'Reading …' : 'Try again')
          : null,
      ],
    ),
  ]);
}
