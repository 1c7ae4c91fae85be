import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { Applied } from '../../src/model/change-set.ts'
import { encodeChangeSet, toEventStream } from '../../src/protocol/encoder.ts'
import { silent } from '../clients/silent.ts'
import { SDK_KEY } from './client.ts'
import type { ServerName } from './serve.ts'

/** Opens a minimal server: no limits, no heartbeats, no history, no key. Resolves with its address once it has data. */
export async function openPlain(service: string, name: Exclude<ServerName, 'relay'>): Promise<string> {
  const responses = new Set<ServerResponse>()
  const accept = (applied: Applied): void => {
    const shared = name === 'floor' ? Buffer.from(encode(applied)) : undefined
    for (const response of responses) response.write(shared ?? encode(applied))
  }
  const options = { endpoints: { polling: service, streaming: service }, logger: silent }
  const dataSystem = createDataSystem(SDK_KEY, presets.default(), options, [{ accept }])
  await dataSystem.waitForInitialization()
  const server = createServer((_, response) => {
    responses.add(response)
    response.on('close', () => responses.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(toEventStream(encodeChangeSet({ type: 'none' }, info('', 1))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function encode({ changeSet, selector }: Applied): string {
  return toEventStream(encodeChangeSet(changeSet, info(selector?.state ?? '', selector?.version ?? 0)))
}

function info(state: string, version: number) {
  return { id: 'bench', target: { state, version }, reason: 'stale' }
}
