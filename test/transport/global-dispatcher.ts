/**
 * Imports the library, sends one request, and compares the global dispatchers of undici before and after:
 * `node global-dispatcher.ts URL PROXY`. Needs a process of its own, because other tests import undici.
 */
const SYMBOLS = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'].map((name) => Symbol.for(name))
const [url = '', proxy = 'none'] = process.argv.slice(2)

// The transport's connections do not keep the process alive.
const alive = setInterval(() => {}, 1_000)
const before = SYMBOLS.map((symbol) => Reflect.get(globalThis, symbol))
await import('../../src/index.ts')
const { undiciTransport } = await import('../../src/transport/undici-transport.ts')
const transport = undiciTransport({ proxy })
const { status, body } = await transport.request({
  method: 'GET',
  url,
  headers: {},
  signal: new AbortController().signal,
})
for await (const _ of body);
await transport.close()
clearInterval(alive)
const after = SYMBOLS.map((symbol) => Reflect.get(globalThis, symbol))

const isUnchanged = after.every((value, index) => value === before[index])
process.stdout.write(`answer ${status}, symbols ${isUnchanged ? 'unchanged' : 'changed'}`)
