import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { notes } from '../client/starting.ts'
import { eventually } from '../support/redis-server.ts'
import { at, NOWHERE, start, upstream } from './starting.ts'

/** What was said of this, without addresses and durations. */
const told = (log: readonly string[]): string[] => log.filter((line) => /serving|data saving|FDv/.test(line))

it('(S94) says once that live data is served, how much, and by which source', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(await upstream('one')) }, { logger })
  await relay.started
  await expect.poll(() => relay.view.environments[0]?.source.source).toBe('streaming')
  expect(told(log)).toEqual(['info: test: serving live data, by polling initializer: 1 flag, 0 segments'])
})

it('(S94) says that what was stored is served, and when the service has confirmed it', async () => {
  const snapshotDirectory = await mkdtemp(join(tmpdir(), 'halyard-'))
  const served = await upstream('one')
  const first = await start({ endpoints: at(served), snapshotDirectory })
  await first.started
  await first.close()

  const cut = notes()
  const alone = await start({ endpoints: NOWHERE, snapshotDirectory }, { logger: cut.logger })
  await alone.started
  await alone.close()
  expect(told(cut.log)[0]).toBe(
    'info: test: serving what was stored, until the service has spoken: 1 flag, 0 segments',
  )
  expect(told(cut.log).some((line) => line.includes('live data'))).toBe(false)

  // The answer is that nothing is new: it changes no flag, and still makes live data of what was stored.
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(served), snapshotDirectory }, { logger })
  await relay.started
  await eventually(async () => told(log).length === 2)
  expect(told(log)[1]).toMatch(/^info: test: serving live data, by .+: 1 flag, 0 segments$/)
})

it('(D1) says when the service is asked in FDv1, and by whose order', async () => {
  const { log, logger } = notes()
  await start({ endpoints: NOWHERE }, { logger, common: { dataSavingMode: false } })
  expect(told(log)).toEqual(['info: test: the service is asked in FDv1: dataSavingMode is false'])
})
