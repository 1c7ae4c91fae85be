import { expect, it } from 'vitest'
import { logServing } from '../../../src/relay/log.ts'
import { judgeRelay } from '../../../src/relay/page/verdict.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { ONE } from '../archive/packed.ts'
import { ask } from '../starting.ts'
import { offline } from './offline.ts'

it('(S188) status, metrics, page and log show that an archive is served, and its age', async () => {
  const archive = await offline(ONE)
  const relay = await archive.start()
  await relay.started
  const [environment] = relay.view.environments
  const { archivedAt } = environment ?? {}
  expect(archivedAt).toBeGreaterThan(0)
  const { body } = await ask(relay, '/status')
  expect(body.environments['Spree Production']).toMatchObject({
    status: 'connected',
    serving: 'archive',
    archiveAgeMs: expect.any(Number) as unknown,
    connectionStatus: { state: 'VALID', source: 'archive' },
  })
  expect(judgeRelay(relay.view)).toMatchObject({
    tone: 'good',
    headline: 'The environment is served from an archive',
    environments: [{ label: 'Archive' }],
  })
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const tell = logServing({ debug: write, info: write, warn: write, error: write }, new VirtualClock())
  for (const view of relay.view.environments) tell(view)
  expect(log).toEqual([
    expect.stringContaining(`serving the archive of ${new Date(archivedAt ?? 0).toISOString()}`),
  ])
})
