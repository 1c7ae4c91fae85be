import { describe, expect, it } from 'vitest'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { baseUrlFault } from '../../src/transport/base-url.ts'

describe('(S156) a base URL', () => {
  it.each([
    ['http://host/?a=b', 'an http or https URL without a query (the part from "?" on)'],
    ['http://host?', 'an http or https URL without a query (the part from "?" on)'],
    ['http://host/#x', 'an http or https URL without a fragment (the part from "#" on)'],
    ['http://host/#', 'an http or https URL without a fragment (the part from "#" on)'],
    ['http://user:pass@host', 'an http or https URL without a user and password (the part before "@")'],
    ['http://@host', 'an http or https URL without a user and password (the part before "@")'],
    ['http://host ', 'an http or https URL without spaces, line breaks and control characters'],
    ['http://host\n', 'an http or https URL without spaces, line breaks and control characters'],
    ['http://ho\tst', 'an http or https URL without spaces, line breaks and control characters'],
    ['ftp://host', 'an http or https URL'],
    ['host:8080', 'an http or https URL'],
    ['http://', 'an http or https URL'],
    ['http:host', 'an http or https URL'],
    ['http:///host', 'an http or https URL'],
    ['', 'an http or https URL'],
  ])('%j is rejected', (text, expected) => {
    expect(baseUrlFault(text)).toBe(expected)
  })

  it.each([
    'http://host',
    'https://host:8443/relay/',
    'HTTP://HOST',
    'http://[::1]:8080',
    'https://host/a@b',
  ])('%j is accepted', (text) => {
    expect(baseUrlFault(text)).toBeUndefined()
  })

  const url = 'http://user:s3cret@host/?a=b'
  const plan = { ...presets.streaming(), synchronizers: [{ type: 'streaming', baseUri: url } as const] }
  it.each([
    ['options.endpoints.polling', undefined, { endpoints: { polling: url } }],
    ['options.endpoints.streaming', undefined, { endpoints: { streaming: url } }],
    ['options.baseUri', undefined, { baseUri: url }],
    ['options.streamUri', undefined, { streamUri: url }],
    ['dataSystem.synchronizers[0].baseUri', plan, {}],
    ['dataSystem.fdv1Fallback.baseUri', presets.default({ fdv1Fallback: { baseUri: url } }), {}],
  ] as const)('is checked as %s, and not repeated', (path, dataSystem, options) => {
    try {
      normalise('sdk-key', dataSystem, options)
      expect.fail('it was taken')
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).issues[0]?.path).toBe(path)
      expect(String(error)).toContain('user and password')
      expect(String(error)).not.toContain('s3cret')
    }
  })
})
