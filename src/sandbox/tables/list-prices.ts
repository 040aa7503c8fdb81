import { decimal, STRING, struct, TIMESTAMP } from '../engine/types.ts';
import { PRICE, PRODUCTS, skuOf } from './skus.ts';
import { columns, json, type TableDef } from './table.ts';

const DAY = 24 * 60 * 60_000;
/** When the first prices began. */
const FIRST = Date.UTC(2024, 0, 1);
/** The prices fell this long before the workspace began, so that a report may need both. assumed: sql-prices */
const FELL = 10 * DAY;

const MONEY = decimal(38, 18);

/** Prices of SKUs. The one of today has no end. evidence: sql-billing-table, assumed: sql-prices */
export const LIST_PRICES: TableDef = {
  catalog: 'system',
  schema: 'billing',
  name: 'list_prices',
  comment: 'List prices of SKUs over time',
  owner: 'System user',
  lag: 0,
  grows: false,
  stamp: () => '',
  columns: columns({
    account_id: STRING,
    price_start_time: TIMESTAMP,
    price_end_time: TIMESTAMP,
    sku_name: STRING,
    cloud: STRING,
    currency_code: STRING,
    usage_unit: STRING,
    pricing: struct({
      default: MONEY,
      promotional: struct({ default: MONEY }),
      effective_list: struct({ default: MONEY }),
    }),
  }),
  *rows({ account_id, cloud, sql }) {
    const fell = Math.floor((sql.began_at - FELL) / DAY) * DAY;
    const price = (amount: number) => json({ default: amount, effective_list: { default: amount } });
    for (const product of PRODUCTS) {
      const shared = [skuOf(product, cloud), cloud.toUpperCase(), 'USD', 'DBU'];
      yield [account_id, FIRST, fell, ...shared, price(PRICE.before)];
      yield [account_id, fell, null, ...shared, price(PRICE.now)];
    }
  },
};
