import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { ENV_ID, startForwarding } from './forwarding-relay.ts'

it('(RE5.3) accepts a body in chunks of one byte', async () => {
  const { relay, counts } = await startForwarding({ capacity: 1_000_000 })
  const { hostname, port } = new URL(relay.url)
  const body = `[${'1,'.repeat(150_000)}1]`
  const socket = connect(Number(port), hostname)
  const head = `POST /events/bulk/${ENV_ID} HTTP/1.1\r\nhost: x\r\nx-launchdarkly-event-schema: 4\r\ntransfer-encoding: chunked\r\n\r\n`
  socket.write(head + Array.from(body, (byte) => `1\r\n${byte}\r\n`).join(''))
  socket.write('0\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(answer.toString()).toContain('HTTP/1.1 202')
  await expect.poll(counts).toMatchObject({ forwarded: 150_001, queuedBytes: 0 })
})
