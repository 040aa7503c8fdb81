export interface VolumeFile {
  /** In base64, because a file may have any bytes. */
  content: string;
  /** Sandbox time of its last change. */
  modified: number;
}

/** A volume of Unity Catalog. Paths begin below it, without a slash at either end. */
export interface Volume {
  name: string;
  owner: string;
  grants: Map<string, string[]>;
  files: Map<string, VolumeFile>;
  folders: Set<string>;
}
