import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { Change } from '../../src/model/change-set.ts'
import type { Flag, Segment } from '../../src/model/flag.ts'
import { createFlagServer } from '../../src/server/flag-server.ts'

export interface Everything {
  readonly flags?: Readonly<Record<string, Flag>>
  readonly segments?: Readonly<Record<string, Segment>>
}

/** One environment of a service. */
export interface Hosted {
  readonly handler: RequestListener
  /** Puts flags or segments, as one delta. */
  readonly change: (...changes: readonly Change[]) => void
}

/** Serves an environment to SDKs with its key, or to all SDKs if it has none. */
export function hosted({ flags = {}, segments = {} }: Everything, sdkKey?: string): Hosted {
  const server = createFlagServer({
    clock: systemClock,
    ...(sdkKey !== undefined && { sdkKey }),
    onError: (error) => {
      throw error
    },
  })
  const changes: Change[] = [...puts('flag', flags), ...puts('segment', segments)]
  const name = sdkKey === undefined ? 'state' : `state-of-${sdkKey}`
  let version = 1
  server.accept({ changeSet: { type: 'full', changes }, selector: { state: `${name}-1`, version } })
  return {
    handler: server.handler,
    change: (...delta) => {
      version++
      server.accept({
        changeSet: { type: 'partial', changes: delta },
        selector: { state: `${name}-${version}`, version },
      })
    },
  }
}

/** A service with several environments on one real socket. */
export interface Service {
  readonly url: string
  /** Requests by SDK key. */
  readonly asked: ReadonlyMap<string, number>
  /** Changes the environment with this key. */
  change(sdkKey: string, ...changes: readonly Change[]): void
  /** Closes every connection, and each later one. */
  goAway(): void
  comeBack(): void
}

/** Starts a service whose environments are selected by SDK key. It ends with the test. */
export async function startService(environments: Readonly<Record<string, Everything>>): Promise<Service> {
  const all = new Map(Object.entries(environments).map(([key, content]) => [key, hosted(content, key)]))
  const asked = new Map<string, number>()
  const sockets = new Set<Socket>()
  let isAway = false
  const http = createServer((request, response) => {
    const key = request.headers.authorization ?? ''
    asked.set(key, (asked.get(key) ?? 0) + 1)
    const environment = all.get(key)
    if (environment) environment.handler(request, response)
    else response.writeHead(401).end()
  })
  http.on('connection', (socket) => {
    if (isAway) socket.destroy()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    change(sdkKey, ...changes) {
      const environment = all.get(sdkKey)
      if (!environment) throw new Error(`no environment has the key ${sdkKey}`)
      environment.change(...changes)
    },
    goAway() {
      isAway = true
      for (const socket of sockets) socket.destroy()
    },
    comeBack() {
      isAway = false
    },
  }
}

function puts(kind: 'flag' | 'segment', objects: Readonly<Record<string, Flag | Segment>>): Change[] {
  return Object.entries(objects).map(([key, object]) => ({
    op: 'put',
    kind,
    key,
    version: object.version ?? 1,
    object,
  }))
}
