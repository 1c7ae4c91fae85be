export { type RedisStoreDescription, redisStore } from './redis-store.ts'
export type { RedisNode, RedisStoreOptions } from './redis-store-options.ts'
