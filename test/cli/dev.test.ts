import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { fetchRaw, openStream, outline, outlinePoll } from '../server/raw-http.ts'
import { developing, folderForTest } from './developing.ts'

let path: string

beforeEach(async () => {
  path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flagValues": {"colour": "red", "size": 1}}')
})

test('it says where it serves what, and serves it', async () => {
  const { url, info } = await developing(path)
  expect(info).toEqual([`Serving ${path} on ${url}`, '2 flags, 0 segments'])
  const { body } = await fetchRaw(`${url}/sdk/poll`)
  expect(outlinePoll(body).slice(0, -1)).toEqual([
    'server-intent xfer-full payload-missing',
    'put-object colour',
    'put-object size',
  ])
})

test('a save streams the difference, a deleted flag included, with versions that grow', async () => {
  const { url, info } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  await writeFile(path, '{"flagValues": {"colour": "blue"}}')
  await stream.until('delete-object')
  await stream.until(':2)"')
  expect(outline(stream.text()).slice(4, 7)).toEqual([
    'server-intent xfer-changes stale',
    'put-object colour',
    'delete-object size',
  ])
  expect(stream.text()).toContain('"version":2,"kind":"flag","key":"colour"')
  expect(info.at(-1)).toBe('changed flag colour, deleted flag size; told 1 client')
})

test('a save that changes nothing is not worth a word', async () => {
  const { url, info } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(path, '{"flagValues": {"size": 1, "colour": "red"}}')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await writeFile(path, '{"flagValues": {"size": 1, "colour": "blue"}}')
  await stream.until(':2)"')
  expect(info.slice(2)).toEqual(['changed flag colour; told 1 client'])
})

test('a save by renaming is seen', async () => {
  const { url } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(`${path}~`, '{"flagValues": {"colour": "green", "size": 1}}')
  await rename(`${path}~`, path)
  await stream.until('"green"')
})

test('S9: a broken save is reported with its place, and the last good data stays served until it is mended', async () => {
  const { url, errors } = await developing(path)
  await writeFile(path, '{"flagValues": {\n  "colour": }}')
  await vi.waitFor(() => expect(errors).toHaveLength(1))
  expect(errors[0]).toBe(`${path}:2:13: unexpected "}" in JSON; the last good data stays served`)
  expect((await fetchRaw(`${url}/sdk/poll`)).body.toString()).toContain('"red"')

  const stream = await openStream(`${url}/sdk/stream`)
  await writeFile(path, '{"flagValues": {"colour": "mended", "size": 1}}')
  await stream.until('"mended"')
})

test('the basis of an earlier run is unknown, so the client gets everything', async () => {
  const first = await developing(path)
  const { body } = await fetchRaw(`${first.url}/sdk/poll`)
  const basis = outlinePoll(body).at(-1)?.split(' ')[1] ?? ''
  const ask = async (url: string) => outlinePoll((await fetchRaw(`${url}/sdk/poll?basis=${basis}`)).body)[0]
  expect(await ask(first.url)).toBe('server-intent none up-to-date')
  await first.server.close()
  const second = await developing(path)
  expect(await ask(second.url)).toBe('server-intent xfer-full cant-catchup')
})

test('it does not start with a broken file, nor on an address in use', async () => {
  const { url } = await developing(path)
  await expect(developing(path, { port: Number(new URL(url).port) })).rejects.toThrow(
    'is already in use; choose another with --port',
  )
  await writeFile(path, '{')
  await expect(developing(path)).rejects.toMatchObject({ code: 'FLAG_FILE', line: 1 })
})

test('only the given SDK key is served', async () => {
  const { url } = await developing(path, { sdkKey: 'sdk-1' })
  expect((await fetchRaw(`${url}/sdk/poll`)).status).toBe(401)
  expect((await fetchRaw(`${url}/sdk/poll`, { headers: { authorization: 'sdk-1' } })).status).toBe(200)
})

test('S10: closing takes leave of the clients, and may be asked for twice', async () => {
  const { url, server } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await Promise.all([server.close(), server.close(), stream.ended])
  expect(outline(stream.text()).at(-1)).toMatch(/^goodbye /)
  await expect(fetchRaw(`${url}/sdk/poll`)).rejects.toThrow('ECONNREFUSED')
})

test('a client still busy with a large payload gets all of it, and its goodbye', async () => {
  await writeFile(path, JSON.stringify({ flagValues: { large: 'x'.repeat(16 * 1024 * 1024) } }))
  const { url, server } = await developing(path)
  const stream = await openStream(`${url}/sdk/stream`)
  await Promise.all([server.close(), stream.ended])
  expect(outline(stream.text())).toHaveLength(4)
  expect(outline(stream.text()).at(-1)).toMatch(/^goodbye /)
})

test('a client that does not read is given a second, then the server closes without it', async () => {
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

test('S164: SDKs of FDv1 are served too, by polls and by streams', async () => {
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

test('S162: a save with a bad flag is refused, and the last good data stays served', async () => {
  const { url, errors } = await developing(path)
  await writeFile(path, '{"flags": {"colour": {"on": "yes"}}}')
  await vi.waitFor(() => expect(errors).toHaveLength(1), 5_000)
  expect(errors[0]).toContain('flags.colour.on: expected true or false, found the string "yes"')
  expect(errors[0]).toContain('the last good data stays served')
  const { body } = await fetchRaw(`${url}/sdk/poll`)
  expect(outlinePoll(body)).toContain('put-object colour')
})

test('S162: a directory is named as one, and so is a file of UTF-16', async () => {
  await expect(developing(await folderForTest())).rejects.toThrow('is a directory; name a file in it')
  await writeFile(path, Buffer.from('\ufeff{"flagValues": {}}', 'utf16le'))
  await expect(developing(path)).rejects.toThrow('is not UTF-8 (is it UTF-16?); save it as UTF-8')
  await writeFile(path, '\ufeff{"flagValues": {}}')
  await developing(path)
})
