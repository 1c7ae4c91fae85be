import { expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { DEFAULTS, readText, wrongs, wrongsOf } from './reading.ts'

const ONE = '[Environment "one"]\nsdkKey = 1\n'

it('(FS6.1) reads the options of files and URLs from a file, variables and an object', () => {
  const environment = {
    name: 'one',
    sdkKey: '1',
    files: ['/flags', '/more.yaml'],
    urls: ['https://flags.example/a.json?sig=1,2', 'https://flags.example/b.yaml'],
    urlIntervalMs: 1_000,
    urlAuthorization: 'Bearer a b',
    fileIntervalMs: 100,
  }
  const config = { ...DEFAULTS, environments: [environment] }
  const text = [
    'file = /flags',
    'file = /more.yaml',
    'url = https://flags.example/a.json?sig=1,2',
    'url = https://flags.example/b.yaml',
    'urlInterval = 1s',
    'urlAuthorization = Bearer a b',
    'fileInterval = 100ms',
  ]
  expect(readText(ONE + text.join('\n'))).toStrictEqual({ config, warnings: [] })
  expect(readRelayConfig({ options: config }).config).toStrictEqual(config)
  const variables = {
    LD_ENV_one: '1',
    HALYARD_FILE_one: '/flags, /more.yaml',
    HALYARD_URL_one: 'https://flags.example/a.json?sig=1,2, https://flags.example/b.yaml',
    HALYARD_POLL_INTERVAL_one: '1s',
    HALYARD_AUTHORIZATION_one: 'Bearer a b',
    HALYARD_WATCH_INTERVAL_one: '100ms',
  }
  expect(readRelayConfig({ variables })).toStrictEqual({ config, warnings: [] })
})

it('(FS6.2) refuses wrong values with their place, and repeats no URL', () => {
  const wrong = (line: string): unknown => wrongsOf(`${ONE}url = https://a.example\n${line}`)[0]
  const place = 'relay.conf:4 [Environment "one"]'
  expect(wrong('url = https://user:secret@a.example/flags.json')).toBe(
    `${place} url: http or https URLs without user and password; give urlAuthorization, an array`,
  )
  expect(wrong('url = ftp://a.example/?secret')).toBe(`${place} url: http or https URLs, an array`)
  expect(wrong('url = "https://a.example/#secret"')).toBe(
    `${place} url: http or https URLs without a fragment (the part from "#" on), an array`,
  )
  expect(wrong('file = https://a.example/flags.json?secret')).toBe(
    `${place} file: paths of files or folders; a URL has the option url, an array`,
  )
  expect(wrong('urlInterval = 999ms')).toBe(
    `${place} urlInterval: a duration of at least 1s, such as 30s, 1m30s or 500ms (a number needs a unit), "999ms"`,
  )
  expect(wrongs({ options: { environments: [{ name: 'one', sdkKey: '1', files: [] }] } })).toEqual([
    'options.environments[0].files: paths of files or folders, an array',
  ])
})

it('(FS6.3) warns of options that have no effect, or send a secret without encryption', () => {
  const { warnings } = readText(
    `[Main]\nbaseUri = https://b.example\nstreamUri = https://s.example\n[Events]\nsendEvents = true\neventsUri = https://e.example\n${ONE}url = http://flags.example/f?sig=1\nurlAuthorization = secret\nfileInterval = 1s\n[Environment "two"]\nsdkKey = 2\nfile = f\nurlInterval = 5s\nurlAuthorization = secret`,
  )
  const one = '[Environment "one"]'
  const two = '[Environment "two"]'
  const reason =
    'has no effect: the flags of all environments come from files, so that nothing connects to LaunchDarkly'
  expect(warnings.toSorted()).toEqual(
    [
      `relay.conf:2 [Main] baseUri ${reason}`,
      `relay.conf:3 [Main] streamUri ${reason}`,
      `relay.conf:5 [Events] sendEvents ${reason}`,
      `relay.conf:6 [Events] eventsUri ${reason}`,
      `relay.conf:10 ${one} urlAuthorization is sent to flags.example without encryption; use https`,
      `relay.conf:11 ${one} fileInterval has no effect: neither file nor overrideFile is set`,
      `relay.conf:15 ${two} urlInterval has no effect: no url is set`,
      `relay.conf:16 ${two} urlAuthorization has no effect: no url is set`,
    ].toSorted(),
  )
  // One environment of LaunchDarkly needs the addresses.
  expect(
    readText(
      `[Main]\nbaseUri = https://b.example\nstreamUri = https://s.example\n${ONE}file = f\n[Environment "two"]\nsdkKey = 2`,
    ).warnings,
  ).toEqual([])
})
