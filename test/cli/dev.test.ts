import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { fetchRaw, openStream, outline, outlinePoll } from '../server/raw-http.ts'
import { developing, folderForTest } from './developing.ts'

let path: string

beforeEach(async () => {
  path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flagValues": {"colour": "red", "size": 1}}')
})

test('(FS23.1) logs files, address, keys and page, and serves the file', async () => {
  const { url, info } = await developing(path)
  expect(info).toEqual([
    `flag server: serving 2 flags and 0 segments of ${path} on ${url}`,
    'flag server: every key is accepted, from this machine only; for example SDK key sdk-local, mobile key mob-local, client-side ID local',
    `flag server: page with flags and clients: ${url}/`,
  ])
  const { body } = await fetchRaw(`${url}/sdk/poll`)
  expect(outlinePoll(body).slice(0, -1)).toEqual([
    'server-intent xfer-full payload-missing',
    'put-object colour',
    'put-object size',
  ])
})

test('streams the changes of a save, deletions included, with growing versions', async () => {
  const { url, info } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  await writeFile(path, '{"flagValues": {"colour": "blue"}}')
  await stream.until('delete-object')
  expect(outline(stream.text()).slice(4, 7)).toEqual([
    'server-intent xfer-changes stale',
    'put-object colour',
    'delete-object size',
  ])
  const versions = Array.from(
    stream.text().matchAll(/"version":(\d+),"kind":"flag","key":"colour"/g),
    ([, version]) => Number(version),
  )
  expect(versions[1]).toBeGreaterThan(versions[0] ?? Infinity)
  expect(info.at(-1)).toBe('changed flag colour, deleted flag size; sent to 1 client')
})

test('logs nothing about a save without changes', async () => {
  const { url, info } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(path, '{"flagValues": {"size": 1, "colour": "red"}}')
  await new Promise((resolve) => setTimeout(resolve, 300))
  await writeFile(path, '{"flagValues": {"size": 1, "colour": "blue"}}')
  await stream.until('"blue"')
  expect(info.slice(3)).toEqual(['changed flag colour; sent to 1 client'])
})

test('notices a save by renaming', async () => {
  const { url } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(`${path}~`, '{"flagValues": {"colour": "green", "size": 1}}')
  await rename(`${path}~`, path)
  await stream.until('"green"')
})

test('S9: reports an invalid save with its place, and serves the last valid data until the file is valid', async () => {
  const { url, errors } = await developing(path)
  await writeFile(path, '{"flagValues": {\n  "colour": }}')
  await expect.poll(() => errors.length).toBe(1)
  expect(errors[0]).toBe(
    `file: ${path}:2:13: unexpected "}" in JSON; trying again, last good data stays served`,
  )
  expect((await fetchRaw(`${url}/sdk/poll`)).body.toString()).toContain('"red"')

  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(path, '{"flagValues": {"colour": "mended", "size": 1}}')
  await stream.until('"mended"')
})

test('confirms the state of an earlier run with the same content', async () => {
  const first = await developing(path)
  const { body } = await fetchRaw(`${first.url}/sdk/poll`)
  const basis = outlinePoll(body).at(-1)?.split(' ')[1] ?? ''
  const ask = async (url: string) => outlinePoll((await fetchRaw(`${url}/sdk/poll?basis=${basis}`)).body)[0]
  expect(await ask(first.url)).toBe('server-intent none up-to-date')
  await first.server.close()
  const second = await developing(path)
  expect(await ask(second.url)).toBe('server-intent none up-to-date')
})

test('does not start with an invalid file or on an address in use', async () => {
  const { url } = await developing(path)
  await expect(developing(path, { port: Number(new URL(url).port) })).rejects.toThrow(
    'is already in use; choose another with --port',
  )
  await writeFile(path, '{')
  await expect(developing(path)).rejects.toThrow(`${path}:1:2: the file ends in the middle of its JSON`)
})

test('accepts the given SDK key only', async () => {
  const { url } = await developing(path, { sdkKey: 'sdk-1' })
  expect((await fetchRaw(`${url}/sdk/poll`)).status).toBe(401)
  expect((await fetchRaw(`${url}/sdk/poll`, { headers: { authorization: 'sdk-1' } })).status).toBe(200)
})

test('S10: close sends goodbye events and may be called twice', async () => {
  const { url, server } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await Promise.all([server.close(), server.close(), stream.ended])
  expect(outline(stream.text()).at(-1)).toMatch(/^goodbye /)
  await expect(fetchRaw(`${url}/sdk/poll`)).rejects.toThrow('ECONNREFUSED')
})

test('a client that is receiving a large payload gets all of it and the goodbye event', async () => {
  await writeFile(path, JSON.stringify({ flagValues: { large: 'x'.repeat(16 * 1024 * 1024) } }))
  const { url, server } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await Promise.all([server.close(), stream.ended])
  expect(outline(stream.text())).toHaveLength(4)
  expect(outline(stream.text()).at(-1)).toMatch(/^goodbye /)
})

test('closes after a second if a client does not read', async () => {
  await writeFile(path, JSON.stringify({ flagValues: { large: 'x'.repeat(16 * 1024 * 1024) } }))
  const clock = new VirtualClock()
  const { url, server } = await developing(path, { clock })
  const { response } = await openStream(`${url}/sdk/stream`)
  response.pause()
  const closed = server.close()
  await clock.advance(999)
  expect(response.closed).toBe(false)
  await clock.advance(1)
  await closed
})

test('S164: serves SDKs with FDv1, by polling and streaming', async () => {
  const { url } = await developing(path, { sdkKey: 'sdk-1' })
  const headers = { authorization: 'sdk-1' }
  const all = await fetch(`${url}/sdk/latest-all`, { headers })
  expect(await all.json()).toMatchObject({
    flags: { colour: { key: 'colour', targets: [], trackEvents: false }, size: {} },
    segments: {},
  })
  expect(Object.keys((await (await fetch(`${url}/sdk/flags`, { headers })).json()) as object)).toEqual([
    'colour',
    'size',
  ])
  expect((await fetch(`${url}/sdk/latest-all`)).status).toBe(401)
  expect((await fetch(`${url}/elsewhere`, { headers })).status).toBe(404)
  const stream = await fetch(`${url}/all`, { headers })
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const until = async (part: string): Promise<void> => {
    while (!text.includes(part)) text += decoder.decode((await reader.read()).value, { stream: true })
  }
  await until('"path":"/"')
  await writeFile(path, '{"flagValues": {"colour": "blue", "size": 1}}')
  await until('event: patch')
  await until('"path":"/flags/colour"')
  await reader.cancel()
})

test('S162: refuses a save with an invalid flag and serves the last valid data', async () => {
  const { url, errors } = await developing(path)
  await writeFile(path, '{"flags": {"colour": {"on": "yes"}}}')
  await expect.poll(() => errors.length).toBe(1)
  expect(errors[0]).toContain('flags.colour.on: expected true or false, found the string "yes"')
  expect(errors[0]).toContain('last good data stays served')
  const { body } = await fetchRaw(`${url}/sdk/poll`)
  expect(outlinePoll(body)).toContain('put-object colour')
})

test('S162: names an empty folder and a file in UTF-16 in the error', async () => {
  await expect(developing(await folderForTest())).rejects.toThrow('the folder has no flag file')
  await writeFile(path, Buffer.from('\ufeff{"flagValues": {}}', 'utf16le'))
  await expect(developing(path)).rejects.toThrow('is not UTF-8 (is it UTF-16?); save it as UTF-8')
  await writeFile(path, '\ufeff{"flagValues": {}}')
  await developing(path)
})
