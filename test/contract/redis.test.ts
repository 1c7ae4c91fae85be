import { redisStore } from '../../src/store/redis/redis-store.ts'
import { describeEachRedis } from './each-redis.ts'
import { persistentStoreContract } from './persistent-store.ts'

describeEachRedis((name, at) => {
  persistentStoreContract(name, () => ({ describe: (prefix) => redisStore(at(prefix)) }))
})
