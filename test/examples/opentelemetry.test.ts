import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevServer, startDevServer } from '../../src/cli/dev.ts'
import { Application } from './application.ts'

let application: Application
let service: DevServer

/** Registers a tracer that prints each event of a span, as an SDK of OpenTelemetry would export it. */
const RECORDER = `
import { AsyncLocalStorage } from 'node:async_hooks'
import { context, type Context, ROOT_CONTEXT, type Span, trace, type Tracer } from '@opentelemetry/api'

const storage = new AsyncLocalStorage<Context>()
context.setGlobalContextManager({
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, run, self, ...args) => storage.run(active, () => run.call(self as never, ...args)),
  bind: (_, target) => target,
  enable() { return this },
  disable() { return this },
})
const span = new Proxy({} as Span, {
  get: (_, name) => (...args: unknown[]) => console.log(String(name), JSON.stringify(args)),
})
const tracer = {
  startSpan: () => span,
  startActiveSpan: (_: string, run: (span: Span) => unknown) =>
    context.with(trace.setSpan(context.active(), span), () => run(span)),
}
trace.setGlobalTracerProvider({ getTracer: () => tracer as unknown as Tracer })
`

beforeAll(async () => {
  application = new Application(['@opentelemetry/api'])
  application.copyExample('examples/opentelemetry-hook.ts')
  application.write('recorder.ts', RECORDER)
  const file = application.copy('fixtures/environments/tiny.yaml', 'flags.yaml')
  service = await startDevServer({ files: [file], port: 0, logger: { info() {}, warn() {}, error() {} } })
})

afterAll(async () => {
  await service.close()
  application.remove()
})

it('the example of a tracing hook adds an event to the current span', async () => {
  const environment = { FLAGS_URL: service.url, NODE_OPTIONS: '--import ./recorder.ts' }
  const { code, output, errors } = await application.run('opentelemetry-hook.ts', environment)
  expect(code, errors).toBe(0)
  const attributes = {
    'feature_flag.key': 'greeting',
    'feature_flag.provider.name': 'halyard',
    'feature_flag.context.id': 'ada',
    'feature_flag.result.reason': 'fallthrough',
    'feature_flag.result.value': '"Ahoy"',
    'feature_flag.result.variant': '0',
  }
  expect(output.trim().split('\n')).toEqual([
    `addEvent ${JSON.stringify(['feature_flag.evaluation', attributes])}`,
    'Ahoy',
    'end []',
  ])
})

it('the example of a tracing hook runs without an SDK of OpenTelemetry', async () => {
  const { code, output, errors } = await application.run('opentelemetry-hook.ts', { FLAGS_URL: service.url })
  expect([code, output.trim()], errors).toEqual([0, 'Ahoy'])
})

it('the example of a tracing hook compiles with the installed package', async () => {
  expect(await application.typeErrors()).toBe('')
})
