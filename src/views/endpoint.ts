import { type ComponentChild, h } from 'preact';
import { Note } from './parts/note.ts';
import type { ViewProps } from './place.ts';

export function EndpointView({ given }: ViewProps): ComponentChild {
  return h(Note, { title: given?.tool ?? 'nothing' });
}
