import * as z from 'zod';
import { defineTool } from '../src/tool.ts';
import { GROUPINGS, REPORTS } from '../src/usage/statement.ts';
import { target } from './params.ts';

const time = z.string().max(40).optional();

export const getUsage = defineTool({
  name: 'get_usage',
  title: 'Read usage and cost',
  effect: 'read',
  toolsets: ['observe'],
  view: 'usage',
  services: true,
  description:
    'Reports from the system tables, over a SQL warehouse. traffic: requests, errors, 429s, tokens, callers and the last request. cost: list prices, and endpoints that cost money without requests. releases: what served when, and who changed it. failed_requests: what failing requests of an endpoint contained. The tables are minutes to hours late; for the last minutes use get_metrics.',
  input: z.strictObject({
    report: z.enum(REPORTS).describe('The report.'),
    endpoint: target.optional().describe('Endpoint or model service. Default: all, except for failed_requests.'),
    since: time.describe('Begin: 12h, 7d or an ISO time.'),
    until: time.describe('End, not included. Default: now.'),
    by: z.enum(GROUPINGS).optional().describe('Grouping of traffic. cost takes day or endpoint.'),
    warehouse: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('SQL warehouse, by id or name. Default: the one set at the start, or the only one that runs.'),
    start_warehouse: z
      .boolean()
      .default(false)
      .describe('true: start the warehouse if it is stopped. This costs money, so ask the user first.'),
  }),
  output: z.looseObject({
    report: z.string().optional(),
    rows: z.array(z.looseObject({})).optional(),
    releases: z.array(z.looseObject({})).optional(),
    requests: z.array(z.looseObject({})).optional(),
    not_checked: z.array(z.string()).optional(),
    notes: z.array(z.string()).optional(),
  }),

  async run(args, context) {
    // Statements and reports load at first use.
    const { usageReport } = await import('./shared/usage-report.ts');
    return usageReport(args, context);
  },
});
