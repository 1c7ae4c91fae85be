import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export type Attributes = Readonly<Record<string, unknown>>

export interface CollectedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly parentSpanId?: string
  readonly attributes: Attributes
}

export interface CollectedPoint {
  readonly attributes: Attributes
  /** The number of values of a histogram. */
  readonly count?: number
}

/** A collector that receives OTLP over HTTP with JSON. */
export interface Collector {
  readonly url: string
  spans(): readonly CollectedSpan[]
  /** Returns the points of a metric in its last export. */
  metric(name: string): readonly CollectedPoint[]
  serviceNames(): ReadonlySet<unknown>
  /** Returns the headers of the last request. */
  headers(): IncomingHttpHeaders
  paths(): ReadonlySet<string>
  /** Returns all bodies. */
  text(): string
}

// Only the parts of OTLP's JSON that the tests read.
interface KeyValue {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Export {
  readonly resourceSpans?: readonly (Resource & {
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  })[]
  readonly resourceMetrics?: readonly (Resource & {
    readonly scopeMetrics: readonly { readonly metrics: readonly RawMetric[] }[]
  })[]
}

interface Resource {
  readonly resource: { readonly attributes: readonly KeyValue[] }
}

interface RawSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly attributes: readonly KeyValue[]
}

interface RawMetric extends Readonly<Record<'gauge' | 'sum' | 'histogram', RawPoints | undefined>> {
  readonly name: string
}

interface RawPoints {
  readonly dataPoints: readonly { readonly attributes: readonly KeyValue[]; readonly count?: number }[]
}

/** Starts a collector, which is closed after the test. */
export async function startCollector(): Promise<Collector> {
  const bodies: string[] = []
  const paths = new Set<string>()
  let headers: IncomingHttpHeaders = {}
  const http = createServer((request, response) => {
    text(request).then(
      (body) => {
        headers = request.headers
        paths.add(request.url ?? '')
        bodies.push(body)
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      },
      () => response.destroy(),
    )
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as { readonly port: number }
  const exports = (): readonly Export[] => bodies.map((body) => JSON.parse(body) as Export)
  const metrics = (): readonly RawMetric[] =>
    exports()
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () =>
      exports()
        .flatMap(({ resourceSpans = [] }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
        .map((span) => ({ ...span, attributes: attributesOf(span.attributes) })),
    metric(name) {
      const metric = metrics().findLast((each) => each.name === name)
      const { dataPoints = [] } = metric?.gauge ?? metric?.sum ?? metric?.histogram ?? {}
      return dataPoints.map((point) => ({ ...point, attributes: attributesOf(point.attributes) }))
    },
    serviceNames: () =>
      new Set(
        exports()
          .flatMap(({ resourceSpans = [], resourceMetrics = [] }) => [...resourceSpans, ...resourceMetrics])
          .map(({ resource }) => attributesOf(resource.attributes)['service.name']),
      ),
    headers: () => headers,
    paths: () => paths,
    text: () => bodies.join('\n'),
  }
}

function attributesOf(pairs: readonly KeyValue[]): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))
}
