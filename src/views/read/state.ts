/** How grave a word of an answer is. An unknown word is shown as it is, and counts as neither good nor bad. Pure. */
export type Tone = 'plain' | 'busy' | 'good' | 'warn' | 'bad';

/** Statuses of `list_endpoints` and `get_endpoint`, such as `ready, last update failed`. */
export function toneOfStatus(status: string): Tone {
  const [now = '', last = ''] = status.split(', ');
  if (now === 'ready') return /failed|cancelled/.test(last) ? 'warn' : 'good';
  if (['failed', 'cancelled', 'not ready'].includes(now)) return 'bad';
  return ['updating', 'creating', 'starting'].includes(now) ? 'busy' : 'plain';
}

/** Verdicts of `diagnose_endpoint`. */
export function toneOfVerdict(verdict: string): Tone {
  if (verdict === 'healthy') return 'good';
  if (verdict === 'not_serving' || verdict === 'failing') return 'bad';
  if (verdict === 'update_failed' || verdict === 'degraded') return 'warn';
  return verdict === 'updating' ? 'busy' : 'plain';
}

/** Severities of findings. */
export function toneOfSeverity(severity: string): Tone {
  if (severity === 'critical') return 'bad';
  return severity === 'major' ? 'warn' : 'plain';
}

/** The state of one served entity. */
export function toneOfDeployment(deployment: string): Tone {
  if (deployment === 'ready') return 'good';
  if (deployment === 'failed' || deployment === 'aborted') return 'bad';
  return deployment === 'creating' || deployment === 'recovering' ? 'busy' : 'plain';
}

/** A word of the protocol as people read it. */
export function spoken(word: string): string {
  return word.replaceAll('_', ' ');
}

/** A message of a tool as a sentence of its own. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
