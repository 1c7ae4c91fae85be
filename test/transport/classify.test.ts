import { describe, expect, it } from 'vitest'
import { InvalidDataError } from '../../src/transport/body.ts'
import { classifyFailure, classifyResponse } from '../../src/transport/classify.ts'
import { RedirectRefusedError } from '../../src/transport/redirects.ts'
import { pieces, response } from './bytes.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): ReturnType<typeof classifyResponse> {
  return classifyResponse(response(pieces(), headers, status), NOW, { url: 'https://host/sdk/poll' })
}

describe('classifyResponse', () => {
  it.each([
    [201, 'interrupted'],
    [204, 'interrupted'],
    [304, 'interrupted'],
    [400, 'interrupted'],
    [401, 'terminalError'],
    [402, 'terminalError'],
    [403, 'terminalError'],
    [404, 'terminalError'],
    [405, 'terminalError'],
    [408, 'interrupted'],
    [410, 'terminalError'],
    [422, 'terminalError'],
    [429, 'interrupted'],
    [451, 'terminalError'],
    [499, 'terminalError'],
    [500, 'interrupted'],
    [501, 'interrupted'],
    [502, 'interrupted'],
    [503, 'interrupted'],
    [504, 'interrupted'],
    [530, 'interrupted'],
  ] as const)('(D9.1) takes status %i as %s', (status, type) => {
    const failure = answer(status)
    expect(failure.type).toBe(type)
    expect(failure.error).toMatchObject({ kind: 'error_response', status })
    expect(failure.error.message).toContain(String(status))
  })

  it.each([401, 403])('hints at the SDK key for status %i', (status) => {
    expect(answer(status).error.message).toContain('SDK key')
    expect(answer(404).error.message).not.toContain('SDK key')
  })

  it.each([
    ['seconds', '7', 7_000],
    ['seconds with spaces', ' 7 ', 7_000],
    ['a date', 'Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['a date that has passed', 'Sun, 01 Mar 2026 11:59:00 GMT', undefined],
    ['no time at all', '0', undefined],
    ['nothing', '', undefined],
    ['nonsense', 'soon', undefined],
    ['a negative number', '-5', undefined],
    ['a fraction', '1.5', undefined],
  ])('(D10) reads Retry-After given as %s', (_, value, retryAfterMs) => {
    for (const status of [429, 503]) {
      expect(answer(status, { 'retry-after': value }).error.retryAfterMs).toBe(retryAfterMs)
    }
  })
})

describe('classifyFailure', () => {
  it('(D13) takes data that cannot be trusted as an interruption', () => {
    expect(classifyFailure(new InvalidDataError('the body is not UTF-8'))).toEqual({
      type: 'interrupted',
      error: { kind: 'invalid_data', message: 'the body is not UTF-8' },
    })
  })

  it('(D9) takes a refused redirect as permanent', () => {
    expect(
      classifyFailure(new RedirectRefusedError(response(pieces(), {}, 302), 'it has no valid location')),
    ).toEqual({
      type: 'terminalError',
      error: {
        kind: 'error_response',
        status: 302,
        message: 'redirect refused: it has no valid location',
      },
    })
  })

  const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' })
  const explained =
    'the certificate is not trusted: certificate has expired (CERT_HAS_EXPIRED); the server needs another one, or a clock is wrong'

  it.each([
    ['as it is', expired],
    ['as a cause', new Error('fetch failed', { cause: expired })],
    ['as the cause of a cause', new Error('outer', { cause: new Error('inner', { cause: expired }) })],
    ['as one of several', new AggregateError([new Error('refused'), expired])],
  ])('(D9) takes a certificate that is not believed as permanent, given %s', (_, failure) => {
    expect(classifyFailure(failure)).toEqual({
      type: 'terminalError',
      error: { kind: 'network_error', message: explained },
    })
  })

  it.each(['ECONNRESET', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'OUT_OF_MEM'])(
    '(D9) takes %s as no word about a certificate of theirs',
    (code) => {
      expect(classifyFailure(Object.assign(new Error('no'), { code })).type).toBe('interrupted')
    },
  )

  it('(D9) is not caught in a failure that is its own cause', () => {
    const failure = new Error('round')
    failure.cause = failure
    expect(classifyFailure(failure).type).toBe('interrupted')
  })

  it.each([
    [
      'a code the message lacks',
      Object.assign(new Error('the body is short'), { code: 'UND_ERR_SOCKET' }),
      'the body is short (UND_ERR_SOCKET)',
    ],
    [
      'a code the message has',
      Object.assign(new Error('connect ECONNREFUSED ::1'), { code: 'ECONNREFUSED' }),
      'connect ECONNREFUSED ::1',
    ],
    [
      'a code and no message',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'AggregateError (ECONNREFUSED)',
    ],
    ['something that is no error', 'gone', 'gone'],
  ])('takes anything else as an interruption by the network, named by %s', (_, failure, message) => {
    expect(classifyFailure(failure)).toEqual({
      type: 'interrupted',
      error: { kind: 'network_error', message },
    })
  })
})
