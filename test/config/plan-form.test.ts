import { expect, it } from 'vitest'
import { readPlan } from './reading.ts'

const NOTHING = { initializers: [], synchronizers: [] }

it('(S11.5) a plan has an FDv1 fallback unless it is null', () => {
  const fallbackOf = (fdv1Fallback: unknown): unknown => readPlan({ ...NOTHING, fdv1Fallback })
  const plan = (fdv1Fallback: unknown): unknown => ({ config: { ...NOTHING, fdv1Fallback }, warnings: [] })
  expect(fallbackOf(undefined)).toEqual(plan({}))
  expect(fallbackOf(null)).toEqual(plan(null))
  expect(fallbackOf({ baseUri: 'http://localhost:1', intervalMs: 60_000 })).toEqual(
    plan({ baseUri: 'http://localhost:1', intervalMs: 60_000 }),
  )
})

it('(D2) raises durations to their minimums, including the FDv1 fallback', () => {
  const input = {
    initializers: [],
    synchronizers: [
      { type: 'streaming', protocol: 'fdv1', initialReconnectDelayMs: 0 },
      { type: 'polling', protocol: 'fdv2', intervalMs: 29_999 },
    ],
    fdv1Fallback: { intervalMs: 1 },
  }
  expect(readPlan(input)).toEqual({
    config: {
      initializers: [],
      synchronizers: [
        { type: 'streaming', protocol: 'fdv1', initialReconnectDelayMs: 1 },
        { type: 'polling', protocol: 'fdv2', intervalMs: 30_000 },
      ],
      fdv1Fallback: { intervalMs: 30_000 },
    },
    warnings: [
      'streaming: an initial reconnect delay of 0 ms is below the minimum; 1 ms is used',
      'polling: a poll interval of 29999 ms is below the minimum; 30000 ms is used',
      'FDv1 fallback: a poll interval of 1 ms is below the minimum; 30000 ms is used',
    ],
  })
})

it('(D2) rejects an unknown protocol and an FDv1 fallback of the wrong form', () => {
  const input = {
    initializers: [],
    synchronizers: [
      { type: 'streaming', protocol: 'fdv3' },
      { type: 'polling', protocol: 1 },
    ],
    fdv1Fallback: { baseUri: 'localhost', intervalMs: '60s' },
  }
  expect(readPlan(input)).toEqual({
    issues: [
      {
        path: 'dataSystem.synchronizers[0].protocol',
        expected: '"fdv2" or "fdv1"',
        received: 'a string (value hidden)',
      },
      {
        path: 'dataSystem.synchronizers[1].protocol',
        expected: '"fdv2" or "fdv1"',
        received: 'number 1',
      },
      {
        path: 'dataSystem.fdv1Fallback.baseUri',
        expected: 'an http or https URL',
        received: 'a string (value hidden)',
      },
      {
        path: 'dataSystem.fdv1Fallback.intervalMs',
        expected: 'a number',
        received: 'a string (value hidden)',
      },
    ],
  })
})

it('(D2, S11) rejects the names of options in seconds, and daemon mode without a store', () => {
  const input = { initializers: [], synchronizers: [{ type: 'polling', pollInterval: 60 }], useLdd: true }
  expect(readPlan({ ...input, useLdd: false })).toMatchObject({
    issues: [{ path: 'dataSystem.synchronizers[0].pollInterval', received: 'an unknown name' }],
  })
  expect(readPlan({ ...input, synchronizers: [] })).toMatchObject({
    issues: [{ path: 'dataSystem.persistentStore' }],
  })
})
