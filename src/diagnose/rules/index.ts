/** All rules. Their order matters for nothing but the order of equal findings. */
import type { Rule } from '../finding.ts';
import { leftAnswer } from './answers-left.ts';
import { RULES_OF_BUILD } from './build.ts';
import { RULES_OF_LOAD } from './load.ts';
import { RULES_OF_RIGHTS } from './rights.ts';
import { RULES_OF_STATE } from './state.ts';
import { RULES_OF_TRAFFIC } from './traffic-index.ts';
import { RULES_OF_UNKNOWN } from './unknown.ts';

export const RULES: readonly Rule[] = [
  ...RULES_OF_STATE,
  ...RULES_OF_RIGHTS,
  ...RULES_OF_BUILD,
  ...RULES_OF_LOAD,
  ...RULES_OF_TRAFFIC,
  ...RULES_OF_UNKNOWN,
  leftAnswer(RULES_OF_TRAFFIC),
];
