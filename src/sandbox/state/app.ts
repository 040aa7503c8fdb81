/** An app. Resources are open objects, because only serving endpoints matter here. */
export interface App {
  name: string;
  id: string;
  description: string;
  creator: string;
  service_principal_client_id: string;
  service_principal_id: number;
  service_principal_name: string;
  resources: Record<string, unknown>[];
  user_api_scopes: string[];
  compute_size: string;
  /** Whether the app receives the token of its user. */
  forward_user_access_token: boolean;
  compute: 'ACTIVE' | 'STOPPED' | 'DELETING';
  deployments: AppDeployment[];
  update: { at: number; by: string } | null;
  grants: { kind: 'user_name' | 'group_name' | 'service_principal_name'; name: string; level: string }[];
  created_at: number;
  updated_at: number;
}

export interface AppDeployment {
  deployment_id: string;
  source_code_path: string;
  mode: string;
  env_vars: { name: string }[];
  creator: string;
  created_at: number;
  ends_at: number;
}
