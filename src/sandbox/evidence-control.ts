import type { Evidence } from './evidence.ts';

/** What the control plane, identity and registry routes rest on. */
export const CONTROL_EVIDENCE: readonly Evidence[] = [];
