/** Tasks of endpoints as people name them. */
import type { Endpoint } from '../../src/rest/endpoints.ts';

/** Classical models have no task. */
export function taskOf(endpoint: Endpoint): string {
  return endpoint.task ?? 'none';
}

/** Whether an endpoint has a task given in full, as `llm/v1/chat`, or by one of its words, as `chat` and `agents`. */
export function hasTask(endpoint: Endpoint, wanted: string): boolean {
  const task = taskOf(endpoint);
  const singular = (word: string) => word.toLowerCase().replace(/s$/, '');
  return [task, ...task.split('/')].map(singular).includes(singular(wanted));
}

/** The tasks that a list of endpoints has, each once, a bounded number. */
export function tasksOf(endpoints: readonly Endpoint[]): string[] {
  return [...new Set(endpoints.map(taskOf))].slice(0, 20);
}
