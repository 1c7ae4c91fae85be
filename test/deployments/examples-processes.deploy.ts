import { describe, expect, it } from 'vitest'
import { startCollector } from './support/collector.ts'
import { ADDRESS, Example } from './support/example.ts'

/** Returns what a script printed, without the lines by which npm announces it. */
const withoutBanner = (output: string): string => output.replace(/^>.*\n+/gm, '')

describe('the example of a cron job', () => {
  const example = new Example('cron-job')

  it('evaluates flags once, and again after a change', async () => {
    const { url, program } = await example.startFlags()
    const first = await example.run('npm start', { FLAGS_URL: url })
    expect([first.code, withoutBanner(first.out)], first.err).toEqual([0, example.shown])
    example.replace('flags.yaml', '[ada]', '[ada, cleo]')
    const later = async (): Promise<string> =>
      withoutBanner((await example.run('npm start', { FLAGS_URL: url })).out)
    await expect.poll(later).toBe(example.shown.replace(/(cleo: .*) old/, '$1 new'))
    expect(await program.stop()).toBe(0)
  })

  it('fails without flags', async () => {
    const { code, err } = await example.run('npm start', { FLAGS_URL: 'http://127.0.0.1:9' })
    expect(code).toBe(1)
    expect(err).toContain('no flags (timeout), the job did not run')
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})

describe('the example of worker threads', () => {
  const example = new Example('worker-threads')

  it('evaluates flags in each worker, over one connection', async () => {
    const flags = await example.startFlags()
    const main = example.start('npm start', { FLAGS_URL: flags.url, PORT: '0' })
    const url = await main.seen(ADDRESS)
    const answer = async (): Promise<string> => (await fetch(`${url}/ada`)).text()
    expect([await answer(), await answer()]).toEqual(['worker 0: Ahoy\n', 'worker 1: Ahoy\n'])
    const metrics = await (await fetch(`${flags.url}/metrics`)).text()
    expect(metrics).toMatch(/^halyard_relay_clients\{[^}]*protocol="fdv2"[^}]*\} 1$/m)
    example.replace('flags.yaml', 'Ahoy', 'Hello')
    await expect.poll(answer).toContain('Hello')
    await expect.poll(answer).toContain('Hello')
    expect(await main.stop()).toBe(0)
    expect(await flags.program.stop()).toBe(0)
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})

describe('the example of a relay inside of a program', () => {
  const example = new Example('embedded-relay')

  it('prints what its page shows', async () => {
    const flags = await example.startFlags()
    const { code, out, err } = await example.run('npm start', { FLAGS_URL: flags.url })
    expect([code, withoutBanner(out)], err).toEqual([0, example.shown])
  })
})

describe('the example of OpenTelemetry', () => {
  const example = new Example('opentelemetry')

  it('exports evaluations in spans, and the status as metrics', async () => {
    const collector = await startCollector()
    const { url, program } = await example.startFlags()
    const app = example.start('npm start', {
      FLAGS_URL: url,
      PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_METRIC_EXPORT_TIMEOUT: '400',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    })
    await example.followConsole(await app.seen(ADDRESS))
    await expect.poll(() => collector.text()).toContain('feature_flag.evaluation')
    for (const text of ['"greeting"', 'halyard', '\\"Ahoy\\"', 'fallthrough'])
      expect(collector.text()).toContain(text)
    await expect
      .poll(() => collector.metric('flags.valid').map(({ attributes }) => attributes))
      .toContainEqual({
        state: 'valid',
        source: 'streaming',
      })
    await expect.poll(() => collector.metric('flags.age').length).toBeGreaterThan(0)
    expect(await app.stop()).toBe(0)
    expect(await program.stop()).toBe(0)
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})
