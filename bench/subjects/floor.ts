import { PATHS } from '../../src/protocol/events.ts'
import type { Subject } from './subject.ts'

interface WireData {
  readonly key: string
  readonly object: unknown
}

/** The baseline: the same libraries without checks, recovery and features. */
export const floor: Subject = {
  async load() {
    const { Agent, request } = await import('undici')
    const { createParser } = await import('eventsource-parser')
    return {
      async initialize(url) {
        const dispatcher = new Agent({ bodyTimeout: 0, headersTimeout: 0 })
        const { body } = await request(url + PATHS.poll, { dispatcher })
        const text = Buffer.from(await body.arrayBuffer()).toString()
        const payload = JSON.parse(text) as { readonly events: readonly { readonly data: WireData }[] }
        const items = new Map<string, unknown>()
        // Lazily, after the end of the measurement of initialization.
        const follow = async (): Promise<void> => {
          for (const { data } of payload.events) items.set(data.key, data.object)
          const stream = await request(url + PATHS.stream, { dispatcher })
          const decoder = new TextDecoder()
          const parser = createParser({
            onEvent({ event, data }) {
              const value = JSON.parse(data) as WireData
              if (event === 'put-object') items.set(value.key, value.object)
            },
          })
          for await (const chunk of stream.body) parser.feed(decoder.decode(chunk, { stream: true }))
        }
        setImmediate(() => void follow())
        return { holds: (key) => items.has(key) }
      },
    }
  },
}
