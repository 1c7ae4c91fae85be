/** Writes full payloads until it is killed. `node writer-process.ts URL PREFIX SEED` */
import { systemClock } from '../../../src/async/clock.ts'
import { Digest, hashRow } from '../../../src/layout/digest.ts'
import { encodeItem } from '../../../src/layout/row.ts'
import { REPLACED } from '../../../src/layout/sidecar.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'

const [url = '', prefix = '', seed = '0'] = process.argv.slice(2)
systemClock.hold()
const { store } = redisStore({ url, prefix }).open({
  clock: systemClock,
  random: Math.random,
  logger: console,
})
for (let round = 1; ; round++) {
  const version = Number(seed) * 1_000 + round
  const rows = Array.from({ length: 400 + ((version * 7_919) % 1_200) }, (_, index) => {
    const key = `flag-${index}`
    const kind = index % 5 === 0 ? 'segment' : 'flag'
    const object = { key, version, note: 'x'.repeat(500) }
    return encodeItem(kind, { key, version, object })
  })
  const digest = new Digest()
  for (const row of rows) digest.add(hashRow(row))
  const sidecar = digest.toString()
  await store.write({ type: 'full', rows, sidecar, notice: REPLACED }, new AbortController().signal)
  if (round === 1) process.stdout.write('writing\n')
}
