import { expect, it } from 'vitest'
import { describeNetworkFailure } from '../../src/transport/network-failure.ts'
import { startOrigin } from '../support/origin.ts'
import { refusal } from './reaching.ts'

it('(S157) TLS to a port that speaks http is told in one plain line', async () => {
  const origin = await startOrigin()
  const error = await refusal(origin.url.replace('http:', 'https:'))
  expect(describeNetworkFailure(error)).toMatch(
    /^the server does not speak TLS at this port; use http:\/\/ or the port for https \(ERR_SSL_[A-Z_]+\)$/,
  )
})

it('(S157) all addresses that refused are named', () => {
  const refused = (address: string): Error =>
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address, port: 8500 })
  expect(describeNetworkFailure(new AggregateError([refused('::1'), refused('127.0.0.1')]))).toBe(
    'no server listens at [::1]:8500 and 127.0.0.1:8500; check host and port, and that the server runs (ECONNREFUSED)',
  )
})
