import { describe, expect, it } from 'vitest'
import { Example } from './support/example.ts'

describe('the example of tests with Vitest', () => {
  const example = new Example('vitest')

  it('passes', async () => {
    const { code, out, err } = await example.run('npm test')
    expect(code, out + err).toBe(0)
    expect(out).toContain('4 passed')
  })

  it('fails if the flag has another value, as the page says', async () => {
    example.replace('src/failover.test.ts', '3_000', '1_000')
    expect(await example.run('npm test')).toMatchObject({ code: 1, out: expect.stringContaining('1 failed') })
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})

describe('the example of tests with Jest', () => {
  const example = new Example('jest')

  it('passes', async () => {
    const { code, out, err } = await example.run('npm test')
    expect(code, out + err).toBe(0)
    expect(err).toContain('2 passed')
  })
})
