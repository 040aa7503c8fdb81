/** Keeps the rest of the page when one part of it cannot be drawn, and says which part that is. */
import { Component, type ComponentChildren, h } from 'preact';
import { Note } from './note.ts';

export interface BoundaryProps {
  /** What it draws, as a person calls it. */
  part: string;
  children?: ComponentChildren;
}

/** Tries again at each new rendering, since a later answer may be fine. */
export class Boundary extends Component<BoundaryProps, { why: string | undefined }> {
  override state = { why: undefined };

  static override getDerivedStateFromError(error: unknown): { why: string } {
    return { why: error instanceof Error ? error.message : String(error) };
  }

  override componentWillReceiveProps(): void {
    this.setState({ why: undefined });
  }

  override render({ part, children }: BoundaryProps, { why }: { why: string | undefined }): ComponentChildren {
    if (why === undefined) return children;
    return h(
      Note,
      { tone: 'bad', title: `${part} could not be drawn. This is a bug in this view.`, live: true },
      h('p', {}, why),
    );
  }
}
