/** Where a person is on the page, and what a view gets of it. */
import type { Answer, ViewName } from './host/host.ts';

/** Where a person is. */
export interface Place {
  view: ViewName;
  endpoint?: string | undefined;
}

/** What every view gets. */
export interface ViewProps {
  place: Place;
  /** The answer that the host showed, if this view draws it. */
  given: Answer | undefined;
  go: (place: Place) => void;
}
