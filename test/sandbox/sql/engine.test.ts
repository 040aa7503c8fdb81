/** The SQL engine, statement by statement. Expected values are written by hand or computed here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SqlClient, startSql } from './client.ts';

let client: SqlClient;
beforeAll(async () => {
  client = await startSql();
});
afterAll(() => client.sandbox.close());

const one = async (expression: string) => (await client.rows(`SELECT ${expression}`))[0]?.[0];

describe('expressions have the values of Databricks, not of SQLite', () => {
  it.each<[expression: string, value: string | null]>([
    ['1 / 2', '0.5'],
    ['7 DIV 2', '3'],
    ['-7 % 3', '-1'],
    ['pmod(-7, 3)', '2'],
    ['1.5 * 2', '3.0'],
    ['1.0 / 4', '0.250000'],
    ['try_divide(1, 0)', null],
    ["'a' = 'A'", 'false'],
    ["'Alpha' LIKE 'a%'", 'false'],
    ["'Alpha' ILIKE 'a%'", 'true'],
    ["'50%' LIKE '50\\\\%'", 'true'],
    ["'a_b' LIKE 'axb'", 'false'],
    ["'abc' RLIKE '^a.c$'", 'true'],
    ['NULL AND FALSE', 'false'],
    ['NULL <=> NULL', 'true'],
    ['1 IS DISTINCT FROM NULL', 'true'],
    ["'10' = 10", 'true'],
    ["concat('a', 1, true)", 'a1true'],
    ["'x' || NULL", null],
    ["concat_ws('-', 'a', NULL, 'b')", 'a-b'],
    ['greatest(1, NULL, 3)', '3'],
    ['round(2.5)', '3'],
    ['round(-2.5)', '-3'],
    ['round(2.345, 2)', '2.35'],
    ['CAST(1e10 AS STRING)', '1.0E10'],
    ['CAST(0.1 AS DOUBLE) + 0.2', '0.30000000000000004'],
    ['12345678D', '1.2345678E7'],
    ['CAST(3.9 AS INT)', '3'],
    ["TRY_CAST('x' AS INT)", null],
    ["'2026-02-29'::date IS NULL", 'error:22018'],
    ["CAST('2026-03-01 10:20:30.5' AS TIMESTAMP)", '2026-03-01T10:20:30.500Z'],
    ["timestamp'2026-03-01T10:00:00+02:00'", '2026-03-01T08:00:00.000Z'],
    ["date_trunc('week', timestamp'2026-11-28 13:00:00')", '2026-11-23T00:00:00.000Z'],
    ["date_trunc('QUARTER', date'2026-05-17')", '2026-04-01T00:00:00.000Z'],
    ["date'2026-01-31' + INTERVAL 1 MONTH", '2026-02-28'],
    ["date'2026-01-31' + 1", '2026-02-01'],
    ["timestamp'2026-01-01 00:00:00' - INTERVAL '90' MINUTES", '2025-12-31T22:30:00.000Z'],
    ["timestampdiff(HOUR, timestamp'2026-01-01', timestamp'2026-01-02 01:59:00')", '25'],
    ["timestampadd(DAY, -7, timestamp'2026-01-08')", '2026-01-01T00:00:00.000Z'],
    ["datediff(date'2026-03-01', date'2026-02-01')", '28'],
    ["datediff(DAY, date'2026-02-01', date'2026-03-01')", '28'],
    ["date_add(date'2026-02-27', 2)", '2026-03-01'],
    ["last_day(date'2028-02-03')", '2028-02-29'],
    ["dayofweek(date'2026-11-28')", '7'],
    ["weekofyear(date'2027-01-01')", '53'],
    ["extract(HOUR FROM timestamp'2026-01-01 17:00:00')", '17'],
    ["date_format(timestamp'2026-01-09 07:05:00', 'yyyy/MM/dd HH:mm EEE')", '2026/01/09 07:05 Fri'],
    ["unix_timestamp(timestamp'1970-01-02')", '86400'],
    ['from_unixtime(86400)', '1970-01-02 00:00:00'],
    ["CAST(timestamp'2026-01-01 00:00:00.120' AS STRING)", '2026-01-01 00:00:00.12'],
    ["date'2026-01-01' < timestamp'2026-01-01 00:00:01'", 'true'],
    ["timestamp'2026-01-01 12:00:00' > '2026-01-01'", 'true'],
    ["substring('Databricks', -3)", 'cks'],
    ["substr('Databricks', 2, 3)", 'ata'],
    ["left('abc', 2) || right('abc', 1)", 'abc'],
    ["split('a,b,c', ',')[1]", 'b'],
    ["split_part('a.b.c', '.', -1)", 'c'],
    ["regexp_extract('v12-x', '([0-9]+)', 1)", '12'],
    ["regexp_replace('a1b2', '[0-9]', '')", 'ab'],
    ['array(1, 2, 3)[2]', '3'],
    ["element_at(array('a', 'b'), -1)", 'b'],
    ['size(array(1, 2))', '2'],
    ["array_contains(array('a'), 'a')", 'true'],
    ["map('k', 'v')['k']", 'v'],
    ["named_struct('a', 1, 'b', named_struct('c', 'x')).b.c", 'x'],
    ['get_json_object(\'{"a": [{"b": 5}]}\', \'$.a[0].b\')', '5'],
    ["CASE WHEN 1 > 2 THEN 'a' END", null],
    ["CASE 3 WHEN 3 THEN 'c' ELSE 'd' END", 'c'],
    ['if(NULL, 1, 2)', '2'],
    ['coalesce(NULL, 5)', '5'],
    ['nullif(3, 3)', null],
    ['typeof(1 + 2L)', 'bigint'],
    ['typeof(1.25)', 'decimal(3,2)'],
    ['\'it\'\'s\' || " \\"ok\\""', 'it\'s "ok"'],
    ['5 BETWEEN 1 AND 5', 'true'],
    ['3 NOT IN (1, NULL)', null],
    ['-2 * -3', '6'],
    ['2 + 3 * 4 - 1', '13'],
    ['NOT TRUE OR TRUE', 'true'],
    ['current_user()', 'admin@example.com'],
    ['1 / 0', 'error:22012'],
    ['7 % 0', 'error:22012'],
    ["CAST('x' AS INT)", 'error:22018'],
    ['1 + DATE', 'error:42703'],
    ['sum(1) + (SELECT max(x) FROM VALUES (4), (9) AS t(x))', '10'],
    ['EXISTS (SELECT 1 FROM VALUES (1) AS t(x) WHERE x > 1)', 'false'],
  ])('%s', async (expression, value) => {
    if (value?.startsWith('error:')) {
      const { body } = await client.send(`SELECT ${expression}`);
      expect(body.status).toMatchObject({ state: 'FAILED', sql_state: value.slice('error:'.length) });
      return;
    }
    expect(await one(expression)).toBe(value);
  });
});

/** Rows for the queries below. */
const SALES: [shop: string, day: string, amount: number | null][] = [
  ['north', '2026-11-01', 10],
  ['north', '2026-11-02', 30],
  ['north', '2026-11-02', null],
  ['south', '2026-11-01', 5],
  ['south', '2026-11-03', 7],
  ['west', '2026-11-03', 8],
];
const sales = `WITH sales AS (SELECT * FROM VALUES ${SALES.map(([shop, day, amount]) => `('${shop}', date'${day}', ${amount ?? 'NULL'})`).join(', ')} AS t(shop, day, amount))`;
const amounts = SALES.flatMap(([, , amount]) => amount ?? []).sort((a, b) => a - b);
const total = amounts.reduce((sum, amount) => sum + amount, 0);

describe('queries', () => {
  it.each<[what: string, query: string, rows: (string | null)[][]]>([
    [
      'all rows are one group',
      'SELECT count(*), count(amount), sum(amount), avg(amount) FROM sales',
      [['6', '5', String(total), String(total / 5).includes('.') ? String(total / 5) : `${total / 5}.0`]],
    ],
    [
      'groups by ordinal, with HAVING on an alias',
      'SELECT shop, sum(amount) s FROM sales GROUP BY 1 HAVING s > 8 ORDER BY s DESC',
      [
        ['north', '40'],
        ['south', '12'],
      ],
    ],
    [
      'groups by all',
      "SELECT date_trunc('MONTH', day) m, count(*) FROM sales GROUP BY ALL",
      [['2026-11-01T00:00:00.000Z', '6']],
    ],
    [
      'groups by an expression, and uses a part of it',
      'SELECT upper(shop) || "!" x FROM sales GROUP BY upper(shop) ORDER BY x',
      [['NORTH!'], ['SOUTH!'], ['WEST!']],
    ],
    [
      'conditions in aggregates',
      "SELECT count_if(amount > 7), count(*) FILTER (WHERE shop = 'south'), sum(amount) FILTER (WHERE amount < 8) FROM sales",
      [['3', '2', '12']],
    ],
    [
      'percentiles',
      'SELECT percentile(amount, 0.5), percentile_approx(amount, 0.5), percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), median(amount) FROM sales',
      [['8.0', '8', '8.0', '8.0']],
    ],
    ['several percentiles', 'SELECT percentile(amount, array(0, 1)) FROM sales', [['[5,30]']]],
    ['the value at an extreme', 'SELECT max_by(shop, amount), min_by(shop, amount) FROM sales', [['north', 'south']]],
    ['sets', 'SELECT sort, size(s) FROM (SELECT 1 AS sort, collect_set(shop) s FROM sales)', [['1', '3']]],
    [
      'distinct counts',
      'SELECT count(DISTINCT shop), count(DISTINCT shop, day), approx_count_distinct(day) FROM sales',
      [['3', '5', '3']],
    ],
    [
      'windows',
      'SELECT shop, amount, row_number() OVER (PARTITION BY shop ORDER BY day) n, sum(amount) OVER (PARTITION BY shop) s FROM sales WHERE amount > 5 ORDER BY shop, n',
      [
        ['north', '10', '1', '40'],
        ['north', '30', '2', '40'],
        ['south', '7', '1', '7'],
        ['west', '8', '1', '8'],
      ],
    ],
    [
      'windows over groups',
      'SELECT shop, sum(sum(amount)) OVER (ORDER BY shop) running FROM sales GROUP BY shop ORDER BY 1',
      [
        ['north', '40'],
        ['south', '52'],
        ['west', '60'],
      ],
    ],
    [
      'QUALIFY',
      'SELECT shop, day FROM sales QUALIFY row_number() OVER (PARTITION BY shop ORDER BY amount DESC) = 1 ORDER BY shop',
      [
        ['north', '2026-11-02'],
        ['south', '2026-11-03'],
        ['west', '2026-11-03'],
      ],
    ],
    [
      'neighbours',
      'SELECT lag(amount) OVER (ORDER BY day, shop) FROM sales WHERE shop <> "north" ORDER BY day, shop',
      [[null], ['5'], ['7']],
    ],
    ['nulls come first in ascending order', 'SELECT amount FROM sales ORDER BY amount LIMIT 2', [[null], ['5']]],
    ['nulls where the query says', 'SELECT amount FROM sales ORDER BY amount NULLS LAST LIMIT 1 OFFSET 5', [[null]]],
    ['an earlier select item', 'SELECT amount * 2 AS twice, twice + 1 FROM sales WHERE shop = "west"', [['16', '17']]],
    [
      'left join',
      'SELECT s.shop, c.city FROM sales s LEFT JOIN VALUES ("west", "Ax") AS c(shop, city) ON c.shop = s.shop WHERE s.day = "2026-11-03" ORDER BY 1',
      [
        ['south', null],
        ['west', 'Ax'],
      ],
    ],
    [
      'USING makes one column',
      'SELECT * FROM (SELECT DISTINCT shop FROM sales) a JOIN (SELECT shop, max(day) d FROM sales GROUP BY shop) b USING (shop) WHERE shop = "west"',
      [['west', '2026-11-03']],
    ],
    [
      'anti join',
      'SELECT DISTINCT shop FROM sales ANTI JOIN VALUES ("north") AS x(shop) ON sales.shop = x.shop ORDER BY 1',
      [['south'], ['west']],
    ],
    [
      'a correlated subquery',
      'SELECT shop FROM sales s WHERE amount = (SELECT max(amount) FROM sales i WHERE i.shop = s.shop) AND shop IN (SELECT shop FROM sales WHERE amount > 7) ORDER BY 1',
      [['north'], ['west']],
    ],
    [
      'set operations',
      'SELECT shop FROM sales EXCEPT SELECT "north" UNION ALL SELECT "zz" ORDER BY 1',
      [['south'], ['west'], ['zz']],
    ],
    ['a union of types', 'SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a', [['1.0'], ['2.5']]],
    [
      'every type of name',
      'SELECT `shop` AS `the shop` FROM sales WHERE `sales`.`day` = "2026-11-01" ORDER BY `the shop`',
      [['north'], ['south']],
    ],
    ['star without columns', 'SELECT * EXCEPT (day, amount) FROM sales LIMIT 1', [['north']]],
    ['no rows', 'SELECT * FROM sales WHERE amount > 1000', []],
  ])('%s', async (_what, query, rows) => {
    expect(await client.rows(`${sales} ${query}`)).toEqual(rows);
  });
});

describe('a statement that the service refuses fails in its form', () => {
  it.each<[statement: string, condition: string, state: string]>([
    ['SELEC 1', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT 1; SELECT 2', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT (1', 'PARSE_SYNTAX_ERROR', '42601'],
    ["SELECT 'a", 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT 1 FROM VALUES (1) WHERE', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT * FROM a.b.c', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
    ['SELECT * FROM endpoint_usage', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
    ['SELECT endpoint_nam FROM system.serving.served_entities', 'UNRESOLVED_COLUMN.WITH_SUGGESTION', '42703'],
    ['SELECT x', 'UNRESOLVED_COLUMN.WITHOUT_SUGGESTION', '42703'],
    ['SELECT custom_model_config.nope FROM system.serving.served_entities', 'FIELD_NOT_FOUND', '42704'],
    ['SELECT a FROM VALUES (1) AS t(a) JOIN VALUES (1) AS u(a) ON t.a = u.a', 'AMBIGUOUS_REFERENCE', '42704'],
    ['SELECT a, count(*) FROM VALUES (1) AS t(a)', 'MISSING_GROUP_BY', '42803'],
    ['SELECT a, b FROM VALUES (1, 2) AS t(a, b) GROUP BY a', 'MISSING_AGGREGATION', '42803'],
    ['SELECT a + 1 FROM VALUES (1) AS t(a) GROUP BY a + 2', 'MISSING_AGGREGATION', '42803'],
    ['SELECT 1 FROM VALUES (1) AS t(a) WHERE sum(a) > 1', 'INVALID_WHERE_CONDITION', '42903'],
    ['SELECT sum(count(*)) FROM VALUES (1) AS t(a)', 'NESTED_AGGREGATE_FUNCTION', '42607'],
    ['SELECT 1 UNION SELECT 1, 2', 'NUM_COLUMNS_MISMATCH', '42826'],
    ['SELECT 1 ORDER BY 2', 'ORDER_BY_POS_OUT_OF_RANGE', '42805'],
    ['SELECT 1 = array(1)', 'DATATYPE_MISMATCH', '42K09'],
    ['SELECT 1 WHERE 5', 'DATATYPE_MISMATCH', '42K09'],
    ['SELECT upper()', 'WRONG_NUM_ARGS.WITHOUT_SUGGESTION', '42605'],
    ['SELECT :day', 'UNBOUND_SQL_PARAMETER', '42P02'],
    ['SELECT :n FROM VALUES (1) LIMIT :n', 'UNBOUND_SQL_PARAMETER', '42P02'],
    ["SELECT date_trunc('EON', now())", 'INVALID_PARAMETER_VALUE.DATETIME_UNIT', '22023'],
  ])('%s', async (statement, condition, state) => {
    const { status, body } = await client.send(statement);
    expect(status).toBe(200);
    expect(body.status).toMatchObject({ state: 'FAILED', sql_state: state, error: { error_code: 'BAD_REQUEST' } });
    expect(body.status.error.message).toMatch(new RegExp(`^\\[${condition}\\] .* SQLSTATE: ${state}`, 's'));
  });

  it('near names come with a wrong column, nearest first', async () => {
    const { body } = await client.send('SELECT endpoint_nam FROM system.serving.served_entities');
    expect(body.status.error.message).toContain('Did you mean one of the following? [`endpoint_name`, ');
  });
});

describe('what only the service can run is refused, not answered wrongly', () => {
  it.each([
    'INSERT INTO a VALUES (1)',
    'DROP TABLE system.serving.endpoint_usage',
    'SELECT * FROM VALUES (1) AS t(a) PIVOT (sum(a) FOR a IN (1))',
    'SELECT explode(array(1, 2))',
    'SELECT transform(array(1), x -> x + 1)',
    'SELECT no_such_function(1)',
    'SELECT percentile(a, 0.5) OVER () FROM VALUES (1) AS t(a)',
    "SELECT timestamp'2026-01-02' - timestamp'2026-01-01'",
    'SELECT ?',
    'SELECT a FROM VALUES (1) AS t(a) GROUP BY ROLLUP (a)',
    "SELECT to_date('01.02.2026', 'dd.MM.yyyy')",
    'SELECT * FROM system.access.audit',
  ])('%s', async (statement) => {
    const { status, body } = await client.send(statement);
    expect([status, body.error_code]).toEqual([501, 'NOT_IMPLEMENTED']);
    expect(body.message).toMatch(/^The SQL engine of the sandbox cannot run this statement: .+\.$/);
  });
});

it('columns have the types of the service, by which a client reads the texts', async () => {
  const { body } = await client.send(
    "SELECT 1, 1L, 1D, 1.50, true, 'a', now(), current_date(), array(1), map('a', 1), named_struct('a', 1), NULL, sum(1.5), count(*)",
  );
  expect(body.manifest.schema.columns.map((each: { type_text: string }) => each.type_text)).toEqual([
    ...['INT', 'BIGINT', 'DOUBLE', 'DECIMAL(3,2)', 'BOOLEAN', 'STRING', 'TIMESTAMP', 'DATE'],
    ...['ARRAY<INT>', 'MAP<STRING, INT>', 'STRUCT<a: INT>', 'STRING', 'DECIMAL(12,1)', 'BIGINT'],
  ]);
  expect(body.manifest.schema.columns[1]).toMatchObject({ type_name: 'LONG', position: 1 });
  expect(body.manifest.schema.columns[3]).toMatchObject({ type_name: 'DECIMAL', type_precision: 3, type_scale: 2 });
});

it('named parameters have types, and their text never becomes a part of the statement', async () => {
  const parameters = [
    { name: 'text', value: "x' OR '1'='1" },
    { name: 'n', value: '3', type: 'INT' },
    { name: 'since', value: '2026-11-01T00:00:00Z', type: 'TIMESTAMP' },
    { name: 'nothing', type: 'STRING' },
    { name: 'rate', value: '0.1250', type: 'DECIMAL(10,4)' },
    { name: 'table', value: 'system.serving.served_entities' },
  ];
  expect(
    await client.rows("SELECT :text, :n + 1, :since, :nothing, :rate, 'x' = :text FROM VALUES (1), (2) LIMIT :n - 2", {
      parameters,
    }),
  ).toEqual([["x' OR '1'='1", '4', '2026-11-01T00:00:00.000Z', null, '0.1250', 'false']]);
  const [[count]] = (await client.rows('SELECT count(*) FROM IDENTIFIER(:table)', { parameters })) as [[string]];
  expect(Number(count)).toBeGreaterThan(0);
  const wrong = await client.send('SELECT :n', { parameters: [{ name: 'n', value: 'x', type: 'INT' }] });
  expect(wrong.body.status.error.message).toMatch(/^\[CAST_INVALID_INPUT\]/);
});
