import { expect, it } from 'vitest'
import { readText } from './reading.ts'

const FILE = '[Redis]\nhost = h\n[Environment "Spree Test"]\nsdkKey = k\nprefix = p\n'

const warned = (environment: Readonly<Record<string, string>>): readonly string[] =>
  readText(FILE, environment).warnings

it.each([
  ['IGNORE_CONNECTION_ERROR', 'IGNORE_CONNECTION_ERRORS'],
  ['REDIS_PASWORD', 'REDIS_PASSWORD'],
  ['CACHE_TLT', 'CACHE_TTL'],
  ['log_level', 'LOG_LEVEL'],
  ['BASE_URL', 'BASE_URI'],
  ['HALYARD_RELAY_HOTS', 'HALYARD_RELAY_HOST'],
  ['LD_TTTL_Spree_Test', 'LD_TTL_Spree_Test'],
  ['LD_PREFX_Spree_Test', 'LD_PREFIX_Spree_Test'],
])('(S91) warns about %s and suggests %s', (written, meant) => {
  expect(warned({ [written]: '30s' })).toEqual([`${written} is not an option; did you mean ${meant}?`])
})

it('(S91) does not warn if the similar variable is set, or about dissimilar, empty and short variables', () => {
  expect(
    warned({
      CACHE_TTL: '1s',
      CACHE_TLT: '1s',
      HOSTNAME: 'relay-1',
      LD_LIBRARY_PATH: '/lib',
      REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
      REDIS_PASWORD: '',
      HOST: 'relay-1',
      POST: '1',
    }),
  ).toEqual([])
})
