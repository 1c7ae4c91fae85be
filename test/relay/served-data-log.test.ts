import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { notes } from '../client/starting.ts'
import { eventually } from '../support/redis-server.ts'
import { at, NOWHERE, start, upstream } from './starting.ts'

/** Returns the log lines about the served data. */
const servingLines = (log: readonly string[]): string[] =>
  log.filter((line) => /serving|data saving|FDv/.test(line))

it('(S94) logs once that live data is served, with its source and counts', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(await upstream('one')) }, { logger })
  await relay.started
  await expect.poll(() => relay.view.environments[0]?.source.source).toBe('streaming')
  expect(servingLines(log)).toEqual([
    'info: test: serving live data from polling initializer: 1 flag, 0 segments',
  ])
})

it('(S94) logs that stored data is served, and when the service has confirmed it', async () => {
  const snapshotDirectory = await mkdtemp(join(tmpdir(), 'halyard-'))
  const served = await upstream('one')
  const first = await start({ endpoints: at(served), snapshotDirectory })
  await first.started
  await first.close()

  const cut = notes()
  const alone = await start({ endpoints: NOWHERE, snapshotDirectory }, { logger: cut.logger })
  await alone.started
  await alone.close()
  expect(servingLines(cut.log)[0]).toBe(
    'info: test: serving stored data until the service answers: 1 flag, 0 segments',
  )
  expect(servingLines(cut.log).some((line) => line.includes('live data'))).toBe(false)

  // The answer `none` changes no flag, but confirms the stored data, which is then live.
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(served), snapshotDirectory }, { logger })
  await relay.started
  await eventually(async () => servingLines(log).length === 2)
  expect(servingLines(log)[1]).toMatch(/^info: test: serving live data from .+: 1 flag, 0 segments$/)
})

it('(D1) logs that FDv1 is used, and the reason', async () => {
  const { log, logger } = notes()
  await start({ endpoints: NOWHERE }, { logger, common: { dataSavingMode: false } })
  expect(servingLines(log)).toEqual(['info: test: requests to the service use FDv1: dataSavingMode is false'])
})
