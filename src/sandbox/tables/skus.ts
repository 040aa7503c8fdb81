import type { Endpoint, ServedEntity, Workspace } from '../state/state.ts';
import { isGpu } from './compute.ts';

/** Where the workspace is, in names of SKUs. */
const REGION: Record<Workspace['cloud'], string> = {
  aws: 'US_EAST_N_VIRGINIA',
  azure: 'US_EAST',
  gcp: 'US_EAST4',
};

/** The list price of a DBU in dollars now, and before it fell. assumed: sql-prices */
export const PRICE = { now: 0.07, before: 0.082 };

/** What is sold: compute, the wake from zero, provisioned throughput, and tokens by provider. */
export type Product = 'compute' | 'launch' | 'throughput' | 'anthropic' | 'openai' | 'open';

/** The SKU of a product. evidence: sql-skus */
export function skuOf(product: Product, cloud: Workspace['cloud']): string {
  const name = {
    compute: 'SERVERLESS_REAL_TIME_INFERENCE',
    launch: 'SERVERLESS_REAL_TIME_INFERENCE_LAUNCH',
    throughput: 'SERVERLESS_REAL_TIME_INFERENCE',
    anthropic: 'ANTHROPIC_MODEL_SERVING',
    openai: 'OPENAI_MODEL_SERVING',
    open: 'SERVERLESS_REAL_TIME_INFERENCE',
  }[product];
  return `ENTERPRISE_${name}_${REGION[cloud]}`;
}

export const PRODUCTS: readonly Product[] = ['compute', 'launch', 'anthropic', 'openai'];

/** DBU for a million tokens of a foundation model. assumed: sql-prices */
const TOKEN_DBU: Record<'anthropic' | 'openai' | 'open', { input: number; output: number }> = {
  anthropic: { input: 42.857, output: 214.286 },
  openai: { input: 17.857, output: 142.857 },
  open: { input: 7.143, output: 21.429 },
};

/** The product and the price of the tokens of a foundation model. */
export function tokenProduct({ name }: Endpoint): {
  product: 'anthropic' | 'openai' | 'open';
  input: number;
  output: number;
} {
  const product = /claude/.test(name) ? 'anthropic' : /gpt-\d/.test(name) ? 'openai' : 'open';
  return { product, ...TOKEN_DBU[product] };
}

/** The `serving_type` of an entity in billing. */
export function servingType({ type, config }: ServedEntity): string {
  if (type === null) return 'FEATURE';
  const throughput = config.max_provisioned_throughput ?? config.provisioned_model_units;
  if (throughput !== undefined) return 'FOUNDATION_MODEL';
  return isGpu(config) ? 'GPU_MODEL' : 'MODEL';
}
