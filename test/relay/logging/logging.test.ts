import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LogFormat, LogLevel } from '../../../src/options/value-forms.ts'
import { relayLog, writeLines, writeTo } from '../../../src/relay/log.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { notes } from '../../client/starting.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
const NOON = Date.UTC(2026, 10, 2, 12)

function writing(format: LogFormat, level: LogLevel = 'debug') {
  const { log, logger } = notes()
  return { log, relay: relayLog(writeLines(format, new VirtualClock(NOON), logger), level) }
}

it('(S110) text lines have time, level and environment, and use the console method of their level', () => {
  const { log, relay } = writing('text')
  relay.relay.info('Serving')
  relay.of({ name: 'Spree Test', sdkKey: 'x' }).error('100 % is lost: %s')
  expect(log).toEqual([
    'info: 2026-11-02T12:00:00.000Z [info] Serving',
    'error: 2026-11-02T12:00:00.000Z [error] Spree Test: 100 % is lost: %s',
  ])
})

it('(S110) JSON lines have the format of pino, all on standard output', () => {
  const { log, relay } = writing('json')
  relay.relay.warn('a "quoted"\nword')
  for (const level of LEVELS) relay.of({ name: 'Spree Test', sdkKey: 'x' })[level]('a message')
  expect(log).toEqual([
    `info: {"level":40,"time":${NOON},"name":"halyard-relay","msg":"a \\"quoted\\"\\nword"}`,
    ...[20, 30, 40, 50].map(
      (level) =>
        `info: {"level":${level},"time":${NOON},"name":"halyard-relay","msg":"a message","environment":"Spree Test"}`,
    ),
  ])
})

it('(S110) escapes control characters, so that a message cannot control a terminal or imitate a line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\n', '\r', ' ', '\u001b', '\u2028', '[', 'a') }),
  )
  fc.assert(
    fc.property(text, text, (name, message) => {
      const inText = writing('text')
      inText.relay.of({ name, sdkKey: 'x' }).info(message)
      expect(inText.log.join('')).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]|\n(?! {2})/u)
      const inJson = writing('json')
      inJson.relay.of({ name, sdkKey: 'x' }).info(message)
      expect(inJson.log.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(JSON.parse(inJson.log.join('').slice('info: '.length))).toMatchObject({
        msg: message,
        environment: name,
      })
    }),
  )
})

it.each<readonly [LogLevel, LogLevel | undefined, readonly string[]]>([
  ['info', undefined, ['info', 'warn', 'error']],
  ['warn', 'debug', ['debug', 'info', 'warn', 'error']],
  ['debug', 'error', ['error']],
  ['debug', 'none', []],
  ['none', undefined, []],
])('(S110) with a relay at level %s, an environment at level %s logs %j', (level, logLevel, lines) => {
  const { log, logger: console } = notes()
  const environment = { name: 'a', sdkKey: 'x', ...(logLevel && { logLevel }) }
  const logger = relayLog(writeTo(console), level).of(environment)
  for (const each of LEVELS) logger[each]('a message')
  expect(log).toEqual(lines.map((each) => `${each}: a: a message`))
})
