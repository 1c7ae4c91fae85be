export type { ConsulStoreOptions, ConsulTls } from './consul-options.ts'
export { type ConsulStore, consulStore } from './consul-store.ts'
