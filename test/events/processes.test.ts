import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { endWithTest } from '../support/child.ts'
import type { Event } from './event-service.ts'

/** Starts a service on a socket. `onEvents` receives the events of each payload when it has been answered. */
async function startService(onEvents: (events: readonly Event[]) => void): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      response.writeHead(202).end()
      onEvents(JSON.parse(body) as Event[])
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function countOf(events: readonly Event[]): number {
  const counters = events.flatMap(({ features }) => features?.f?.counters ?? [])
  return counters.reduce((sum, { count }) => sum + count, 0)
}

it('(AE6.3) a process that SIGTERM ends without close loses nothing but what came after the last delivery', async () => {
  let delivered = 0
  let lastDate = 0
  let payloads = 0
  let enough: () => void = () => {}
  const fourPayloads = new Promise<void>((resolve) => {
    enough = resolve
  })
  const url = await startService((events) => {
    delivered += countOf(events)
    lastDate = Number(events.at(-1)?.endDate)
    if (++payloads === 4) enough()
  })
  const script = fileURLToPath(new URL('./unclosed.ts', import.meta.url))
  const child = endWithTest(spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] }))
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  await fourPayloads
  child.kill('SIGTERM')
  const [code, signal] = (await once(child, 'close')) as readonly unknown[]
  expect([code, signal]).toEqual([null, 'SIGTERM'])
  const lines = printed
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number])
  // Each evaluation until the end of the last summary that arrived was delivered.
  const [before] = lines.findLast(([, at]) => at < lastDate) ?? [0]
  expect(before).toBeGreaterThan(0)
  expect(delivered).toBeGreaterThanOrEqual(before)
})

it('(AE6.4) a process whose client is not closed ends by itself, although events are queued', async () => {
  const url = await startService(() => {})
  const program = `
    import { createClient, presets } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
    const client = createClient('sdk-key', { dataSystem: presets.custom({ initializers: [], synchronizers: [] }), eventsUri: '${url}' })
    client.track('paid', { kind: 'user', key: 'u' })
    console.log(client.events.status.queued)
    if (process.argv[1] === 'flush') await client.flush()
    console.log(client.events.status.queued)
  `
  for (const [mode, output] of [
    ['leave', '2\n2\n'],
    ['flush', '2\n0\n'],
  ] as const) {
    const args = ['--input-type=module', '--eval', program, '--', mode]
    const child = endWithTest(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(child.exitCode).toBe(0)
    expect(printed).toBe(output)
  }
})
