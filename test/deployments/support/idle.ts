import { expect } from 'vitest'
import { change } from '../../support/stored.ts'
import { openEventStream } from './clients.ts'
import { PRODUCTION, startPair } from './relays.ts'
import type { Server } from './servers.ts'

/** Waits for more heartbeats than fit into the idle limit of the proxy; a change still arrives on the same stream. */
export async function outlives(heartbeats: number, start: (port: number) => Promise<Server>): Promise<void> {
  const { service, relay } = await startPair()
  const { url } = await start(relay.port)
  const streams = await Promise.all(
    ['/sdk/stream', '/all', '/flags'].map((path) => openEventStream(url + path, PRODUCTION)),
  )
  const beats = new RegExp(`\\n\\n(:\\n\\n){${heartbeats}}`)
  await Promise.all(streams.map((stream) => stream.until(beats)))
  service.change(PRODUCTION, change('a', 2, 'changed'))
  await Promise.all(streams.map((stream) => stream.until(/changed/)))
  for (const stream of streams) expect(stream.text()).not.toContain('goodbye')
}
