import { openJournal } from '../store/redis/journal-opened.ts'
import { describeEachRedis } from './each-redis.ts'
import { journalContract } from './journal.ts'

describeEachRedis((name, at) => {
  journalContract(name, () => ({ open: (prefix, limits) => openJournal(at(prefix), limits) }))
})
