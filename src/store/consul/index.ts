export type { ConsulStoreOptions } from './consul-options.ts'
export { type ConsulStoreDescription, consulStore } from './consul-store.ts'
