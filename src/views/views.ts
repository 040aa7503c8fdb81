/** The four views by their names. */
import type { ComponentType } from 'preact';
import { EndpointView } from './endpoint.ts';
import type { ViewName } from './host/host.ts';
import type { Place, ViewProps } from './place.ts';
import { RolloutView } from './rollout.ts';
import { UsageView } from './usage.ts';
import { WorkspaceView } from './workspace.ts';

export interface View {
  Component: ComponentType<ViewProps>;
  /** The heading of the page. */
  title(place: Place): string;
  /** Its name in the navigation. */
  tab(place: Place): string;
  /** It shows a refusal of its tool itself, because the refusal names what can be chosen. */
  showsRefusals?: boolean;
}

export const VIEWS: Record<ViewName, View> = {
  workspace: { Component: WorkspaceView, title: () => 'Serving endpoints', tab: () => 'Workspace' },
  endpoint: {
    Component: EndpointView,
    title: ({ endpoint }) => `Endpoint ${endpoint ?? ''}`.trim(),
    tab: ({ endpoint }) => endpoint ?? 'Endpoint',
  },
  rollout: {
    Component: RolloutView,
    title: ({ endpoint }) => (endpoint === undefined ? 'Rollout' : `Rollout on ${endpoint}`),
    tab: () => 'Rollout',
  },
  usage: {
    Component: UsageView,
    // The view says of which endpoint: a person can choose another there.
    title: () => 'Usage and cost',
    showsRefusals: true,
    tab: () => 'Usage',
  },
};
