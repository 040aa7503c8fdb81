/** The forms of inference tables: which columns have the time of a request, its day, and its duration (fact W12). Pure. */

/** How a table writes the time of a request, which columns bound it, and its full minute. The first form whose column a table has is used. */
export const TIMES = [
  {
    column: 'request_time',
    where: 'request_time >= :since AND request_time < :until',
    minute: "DATE_TRUNC('MINUTE', request_time)",
  },
  {
    column: 'event_time',
    where: 'event_time >= :since AND event_time < :until',
    minute: "DATE_TRUNC('MINUTE', event_time)",
  },
  {
    column: 'timestamp_ms',
    where: 'timestamp_ms >= :since_ms AND timestamp_ms < :until_ms',
    minute: 'timestamp_ms - timestamp_ms % 60000',
  },
] as const;

/** The column by which the rows of a table are stored. A condition on it spares the warehouse the rest of the table. */
export const DAYS = [
  { column: 'request_date', where: 'request_date >= DATE(:since) AND request_date <= DATE(:until)' },
  { column: 'date', where: 'date >= DATE(:since) AND date <= DATE(:until)' },
] as const;

/** The time in the model, in milliseconds. */
export const DURATIONS = ['execution_duration_ms', 'execution_time_ms', 'latency_ms'] as const;
