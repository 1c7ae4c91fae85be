import { describe, expect, it } from 'vitest'
import { ADDRESS, Example } from './support/example.ts'

describe('the example of NestJS', () => {
  const example = new Example('nestjs')

  it('(S240.1) compiles with module commonjs, hides a route behind a flag, follows a change, and stops cleanly', async () => {
    const built = await example.run('npm run build')
    expect(built.code, built.out).toBe(0)
    const flags = await example.startFlags()
    const server = example.start('npm start', { FLAGS_URL: flags.url, PORT: '0' })
    await example.followConsole(await server.seen(ADDRESS))
    expect(await server.stop()).toBe(0)
    expect(await flags.program.stop()).toBe(0)
  })

  it('is not ready while there are no flags', async () => {
    const server = example.start('npm start', { FLAGS_URL: 'http://127.0.0.1:9', PORT: '0' })
    const url = await server.seen(ADDRESS)
    expect(await (await fetch(url)).json()).toEqual({ greeting: 'Good day' })
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect(await server.stop()).toBe(0)
  })

  it('passes its own test', async () => {
    const { code, out, err } = await example.run('npm test')
    expect(code, out + err).toBe(0)
    expect(out).toContain('pass 1')
  })
})
