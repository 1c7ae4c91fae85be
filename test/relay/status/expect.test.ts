import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { environmentStatus, statusDocument } from '../../../src/relay/status/document.ts'
import { evaluateClauses, readClause, readExpectations } from '../../../src/relay/status/expect.ts'
import { DOCUMENT_FIELDS, ENVIRONMENT_FIELDS } from '../../../src/relay/status/fields.ts'
import { environmentView, NOW, PATIENCE, relayView, storeView } from './views.ts'

const prod = environmentView({ name: 'prod', store: storeView() })
const dotted = environmentView({ name: 'my.env "=[1]"', sdkKey: '=~' })
const view = relayView(prod, dotted, environmentView({ name: '__proto__' }))
const document = statusDocument(view, PATIENCE)

const codeOf = (...clauses: readonly string[]): number =>
  evaluateClauses(clauses, document, DOCUMENT_FIELDS).code

describe('(S106) a clause about the whole status', () => {
  it.each([
    // Met.
    ['status=healthy', 200],
    ['status!=degraded', 200],
    ['version=0.1.0', 200],
    ['environments.prod.status=connected', 200],
    ['environments["prod"]["status"]=connected', 200],
    ["['environments'].prod.connectionStatus.state=VALID", 200],
    ['environments.prod.dataStoreStatus.stale=false', 200],
    ['environments.prod.clients=3', 200],
    [`environments.prod.connectionStatus.stateSince=${NOW - 600_000}`, 200],
    ['environments["my.env \\"=[1]\\""].status=connected', 200],
    ['environments.__proto__.status=connected', 200],
    // Not met.
    ['status=Healthy', 412],
    ['status=', 412],
    ['status=healthy ', 412],
    ['status!=healthy', 412],
    // Known fields that are absent: no clause is met, so that a probe detects that a value is gone.
    ['environments.no-such.status=connected', 412],
    ['environments.no-such.status!=connected', 412],
    ['environments.constructor.status!=connected', 412],
    ['environments.prod.connectionStatus.lastError.kind!=NETWORK_ERROR', 412],
    ['environments.prod.bigSegmentStatus.available=true', 412],
    ['environments.prod.expiringSdkKey!=x', 412],
    ['environments.prod.mobileKey=', 412],
    ['autoConfigStatus.state=VALID', 412],
    // Unknown fields and operators.
    ['connexionStatus.state=VALID', 422],
    ['environments.prod.constructor=x', 422],
    ['environments.prod.status.length=9', 422],
    ['toString=x', 422],
    ['a]b=c', 422],
    ['environments=x', 422],
    ['environments.prod=x', 422],
    ['environments.prod.connectionStatus!=x', 422],
    ['environments[0].status=connected', 422],
    ['environments[status=connected].status=connected', 422],
    ['status==healthy', 422],
    ['status=~healthy', 422],
    ['status>=healthy', 422],
    ['status<healthy', 422],
    ['status!healthy', 422],
    // Malformed.
    ['', 400],
    ['status', 400],
    ['=healthy', 400],
    ['.status=healthy', 400],
    ['status.=healthy', 400],
    ['environments..status=x', 400],
    ['environments[.x=1', 400],
    ['environments[prod].status=x', 400],
    ['a[]=1', 400],
    ['a["]=1', 400],
    ["a[']=1", 400],
    ['a["]', 400],
    ['a["x"]b=1', 400],
  ])('%j is answered %i', (clause, code) => {
    expect(codeOf(clause)).toBe(code)
  })
})

it('(S106) paths begin at the environment in /status/NAME', () => {
  const alone = environmentStatus(prod, view, PATIENCE)
  const code = (clause: string): number => evaluateClauses([clause], alone, ENVIRONMENT_FIELDS).code
  expect(code('status=connected')).toBe(200)
  expect(code('connectionStatus.state!=VALID')).toBe(412)
  expect(code('environments.prod.status=connected')).toBe(422)
})

it('(S106) evaluates all clauses in order; the worst outcome determines the code', () => {
  expect(codeOf('status=healthy', 'environments.prod.clients=3')).toBe(200)
  expect(codeOf('status=healthy', 'status=degraded')).toBe(412)
  expect(codeOf('status=degraded', 'x=1', 'status=healthy')).toBe(422)
  const clauses = ['status=degraded', 'envId', 'x=1', 'environments.gone.status=x', 'status!=degraded']
  expect(evaluateClauses(clauses, document, DOCUMENT_FIELDS)).toStrictEqual({
    code: 400,
    body: {
      satisfied: false,
      error: 'expected = or != after the path',
      results: [
        { expr: 'status=degraded', expected: 'degraded', actual: 'healthy', ok: false },
        { expr: 'envId', problem: 'expected = or != after the path', ok: false },
        { expr: 'x=1', problem: 'unknown field "x"', ok: false },
        { expr: 'environments.gone.status=x', expected: 'x', ok: false },
        { expr: 'status!=degraded', expected: 'degraded', actual: 'healthy', ok: true },
      ],
    },
  })
})

it('(S106) every value of the document meets a clause with its path and value, and no other', () => {
  const asked = leaves(JSON.parse(JSON.stringify(document)) as object)
  expect(asked.length).toBeGreaterThan(40)
  for (const [path, value] of asked) {
    const inQuotes = path.map((name) => `[${JSON.stringify(name)}]`).join('')
    // A value that begins like an operator cannot be compared.
    if (/^[=!<>~]/.test(value)) continue
    expect(codeOf(`${inQuotes}=${value}`), inQuotes).toBe(200)
    expect(codeOf(`${inQuotes}!=${value}`), inQuotes).toBe(412)
    expect(codeOf(`${inQuotes}=${value}x`), inQuotes).toBe(412)
  }
})

it('(S106) answers any clause, and never with 200 if it is not met', () => {
  const piece = fc.constantFrom(
    'environments',
    'prod',
    'status',
    '.',
    '[',
    ']',
    '"',
    "'",
    '=',
    '!',
    '\\',
    'x',
    '0',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece).map((all) => all.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (clause) => {
        const { code, body } = evaluateClauses([clause], document, DOCUMENT_FIELDS)
        expect([200, 400, 412, 422]).toContain(code)
        expect(body.satisfied).toBe(code === 200)
        expect(readClause(clause).type === 'malformed').toBe(code === 400)
      },
    ),
    { numRuns: 2_000 },
  )
})

describe('(S106) of a query', () => {
  it.each<readonly [string, readonly string[]]>([
    ['', []],
    ['x=1&expected=y', []],
    ['expect=status=healthy', ['status=healthy']],
    ['expect=a%3Db&x&expect=c+d%20%22%26', ['a=b', 'c d "&']],
    ['%65xpect=a', ['a']],
    ['expect', ['']],
    ['expect=', ['']],
  ])('%j the clauses are %j', (query, clauses) => {
    expect(readExpectations(query)).toEqual({ clauses })
  })

  it.each([
    ['expect=a=b&x=%zz'],
    ['expect=a=b&expect=%'],
    ['expect=a=b;expect=c=d'],
    ['expect=%ff'],
    ['%=1&expect=a=b'],
  ])('%j nothing is evaluated, because one part cannot be decoded', (query) => {
    expect(readExpectations(query)).toEqual({ problem: 'the query cannot be decoded' })
  })

  it('number and length of clauses have a limit', () => {
    expect(readExpectations('expect=a&'.repeat(100))).toEqual({ clauses: Array(100).fill('a') })
    expect(readExpectations('expect=a&'.repeat(101))).toEqual({ problem: 'expected at most 100 clauses' })
    expect(readExpectations(`expect=${'a'.repeat(1_001)}`)).toEqual({
      problem: 'expected at most 1000 characters in a clause',
    })
  })
})

function leaves(value: object): readonly (readonly [path: readonly string[], value: string])[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null
      ? leaves(inner).map(([path, text]) => [[name, ...path], text] as const)
      : [[[name], String(inner)] as const],
  )
}
