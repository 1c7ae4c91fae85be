import { describe, expect, it } from 'vitest'
import { ADDRESS, Example } from './support/example.ts'

describe.each(['express', 'fastify'])('the example of %s', (name) => {
  const example = new Example(name)

  it('evaluates flags for each request, follows a change, and stops cleanly', async () => {
    const flags = await example.startFlags()
    const server = example.start('npm start', { FLAGS_URL: flags.url, PORT: '0' })
    await example.followConsole(await server.seen(ADDRESS))
    expect(await server.stop()).toBe(0)
    expect(await flags.program.stop()).toBe(0)
  })

  it('answers with fallback values, and is not ready, while there are no flags', async () => {
    const server = example.start('npm start', { FLAGS_URL: 'http://127.0.0.1:9', PORT: '0' })
    const url = await server.seen(ADDRESS)
    expect(await (await fetch(url)).json()).toEqual({ greeting: 'Good day', newCheckout: false })
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect(await server.stop()).toBe(0)
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})
