import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { delta, full, never, row, rows } from '../../support/store-writes.ts'
import { everything, open, putRaw, rejection } from './opened.ts'
import { type Asked, passTo, type ScriptedAgent, startScripted } from './scripted-agent.ts'

const MOST_BYTES = 512 * 1024

describeWithConsul('writes to Consul', () => {
  let agent: ConsulAgent

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  beforeEach(async () => {
    await fetch(`${agent.url}/v1/kv/?recurse`, { method: 'DELETE' })
  })

  afterAll(() => agent.stop())

  /** A proxy of the agent that records its requests. */
  async function watched(): Promise<ScriptedAgent> {
    return startScripted(passTo(agent.url))
  }

  const commits = ({ asked }: ScriptedAgent): Asked[] =>
    asked.filter(({ operations }) => operations.some(({ Verb }) => !Verb.startsWith('get')))

  const stepsOf = ({ operations }: Asked): string[] => operations.map(({ Verb, Key }) => `${Verb} ${Key}`)

  describe('(S81) a full write', () => {
    it('is one transaction with leftovers, marker and sidecar if it fits', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('gone', 1), row('a', 1)), never)
      await store.write(full(row('a', 2), row('s', 1, 'segment')), never)
      expect(commits(scripted).map(stepsOf)[1]).toEqual([
        'set ld/features/a',
        'set ld/segments/s',
        'delete ld/features/gone',
        'set ld/$inited',
        'set $halyard/ld/sidecar',
      ])
      expect(commits(scripted)).toHaveLength(2)
    })

    it('keeps within the limits of a transaction, with leftovers', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(...rows(50, 1)), never)
      const others = Array.from({ length: 50 }, (_, index) => row(`other-${index}`, 1))
      await store.write(full(...others), never)
      expect((await store.readAll(never)).rows).toHaveLength(50)
      expect(Math.max(...scripted.asked.map(({ operations }) => operations.length))).toBeLessThanOrEqual(64)
    })

    it('otherwise removes the sidecar first and puts marker and sidecar last, within all limits', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(...rows(200, 1), row('gone', 1)), never)
      const from = scripted.asked.length
      const segments = Array.from({ length: 70 }, (_, index) =>
        row(`s-${index}`, 1, 'segment', { note: 'x'.repeat(20_000) }),
      )
      await store.write(full(...segments, ...rows(200, 2, 'é'.repeat(10_000))), never)

      const written = commits({ ...scripted, asked: scripted.asked.slice(from) })
      const steps = written.map(stepsOf)
      expect(steps[0]).toEqual(['delete $halyard/ld/sidecar'])
      expect(steps.at(-2)).toEqual(['delete ld/features/gone'])
      expect(steps.at(-1)).toEqual(['set ld/$inited', 'set $halyard/ld/sidecar'])
      const between = steps.slice(1, -2).flat()
      expect(new Set(between).size).toBe(270)
      const kinds = between.map((step) => step.split('/')[1])
      expect(kinds.lastIndexOf('segments')).toBeLessThan(kinds.indexOf('features'))
      for (const { body, operations } of written) {
        expect(operations.length).toBeLessThanOrEqual(64)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MOST_BYTES)
      }
      // Full transactions keep the number of requests for a large environment low.
      expect(written.length).toBeLessThan(25)
      expect(scripted.mostAtOnce()).toBe(4)
    })

    it('that fails leaves no sidecar and no pending request', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('a', 1)), never)
      let left = 3
      scripted.become((asked) => {
        const isRows = asked.operations.some(({ Key }) => Key.startsWith('ld/features/'))
        if (!isRows || left > 0) {
          left -= isRows ? 1 : 0
          return passTo(agent.url)(asked)
        }
        // The other pending requests would never end.
        return left-- === 0 ? { status: 500, body: 'No cluster leader' } : 'hang'
      })
      expect(await rejection(store.write(full(...rows(1_000, 1)), never))).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('No cluster leader') as string,
      })
      const asked = scripted.asked.length
      const held = await everything(agent.url)
      expect(Object.keys(held)).toContain('ld/$inited')
      expect(Object.keys(held)).not.toContain('$halyard/ld/sidecar')
      // A remaining portion would be sent before this.
      scripted.become(passTo(agent.url))
      await store.get('flag', 'a', never)
      expect(scripted.asked.length).toBe(asked + 1)
    })

    it('that is cancelled rejects at once and writes nothing more', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      const controller = new AbortController()
      scripted.become((asked) => {
        const isRows = asked.operations.some(({ Key }) => Key.startsWith('ld/features/'))
        if (!isRows) return passTo(agent.url)(asked)
        controller.abort(new Error('enough'))
        return 'hang'
      })
      expect(await rejection(store.write(full(...rows(1_000, 1)), controller.signal))).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('enough') as string,
      })
      expect(await everything(agent.url)).toEqual({})
    })
  })

  describe('(S81) a delta', () => {
    it('is one transaction with the sidecar, if it fits', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('a', 1), row('b', 5)), never)
      await store.write(delta(row('a', 2), row('b', 4), row('c', 1)), never)
      expect(commits(scripted).map(stepsOf).at(-1)).toEqual([
        'cas ld/features/a',
        'cas ld/features/c',
        'set $halyard/ld/sidecar',
      ])
    })

    it('reads again after a conflict, and keeps the greater version', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('a', 1), row('b', 1)), never)
      const foreign = [row('a', 9), row('b', 1, 'flag', { note: 'other' })]
      scripted.become(async (asked) => {
        const isCommit = asked.operations.some(({ Verb }) => Verb === 'cas')
        const next = isCommit ? foreign.pop() : undefined
        if (next) await putRaw(agent.url, `ld/features/${next.key}`, next.text)
        return passTo(agent.url)(asked)
      })
      const report = await store.write(delta(row('a', 2), row('b', 2)), never)
      expect(report).toMatchObject({ refused: [], older: 1 })
      expect(await everything(agent.url)).toMatchObject({
        'ld/features/a': row('a', 9).text,
        'ld/features/b': row('b', 2).text,
      })
    })

    it('fails after repeated conflicts', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('a', 1)), never)
      let written = 0
      scripted.become(async (asked) => {
        const isCommit = asked.operations.some(({ Verb }) => Verb === 'cas')
        if (isCommit) await putRaw(agent.url, 'ld/features/a', row('a', 1, 'flag', { note: ++written }).text)
        return passTo(agent.url)(asked)
      })
      expect(await rejection(store.write(delta(row('a', 2)), never))).toMatchObject({ kind: 'unavailable' })
      expect(written).toBe(20)
    })

    it('in several transactions writes the sidecar last', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(...rows(200, 1)), never)
      const from = scripted.asked.length
      const report = await store.write(delta(...rows(150, 2), row('flag-199', 1)), never)
      expect(report).toMatchObject({ refused: [], older: 1 })
      const steps = commits({ ...scripted, asked: scripted.asked.slice(from) }).map(stepsOf)
      expect(steps.at(-1)).toEqual(['set $halyard/ld/sidecar'])
      expect(steps.flat().filter((step) => step.startsWith('cas'))).toHaveLength(150)
    })
  })

  describe('(S81) a large row', () => {
    const big = (key: string, version: number, bytes: number): ReturnType<typeof row> => {
      const { text } = row(key, version, 'flag', { note: '' })
      return row(key, version, 'flag', { note: 'x'.repeat(bytes - text.length) })
    }

    it('is written up to 512 KiB, although no transaction can contain it', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      for (const [version, write] of [full, delta, delta].entries()) {
        const report = await store.write(
          write(row('a', version + 1), big('b', version + 1, MOST_BYTES)),
          never,
        )
        expect(report).toMatchObject({ refused: [], older: 0 })
        expect((await store.get('flag', 'b', never))?.text).toBe(big('b', version + 1, MOST_BYTES).text)
      }
      expect(await store.write(delta(big('b', 2, MOST_BYTES)), never)).toMatchObject({
        refused: [],
        older: 1,
      })
      expect(scripted.asked.some(({ method, path }) => method === 'PUT' && path === 'kv/ld/features/b')).toBe(
        true,
      )
    })

    it('is refused one byte above the limit, with size and limit, and the other rows are written', async () => {
      const { store } = open({ url: agent.url, prefix: 'ld' })
      await store.write(full(row('b', 1)), never)
      for (const [version, write] of [full, delta].entries()) {
        const report = await store.write(write(row('a', version), big('b', 2, MOST_BYTES + 1)), never)
        const reason = `it has ${MOST_BYTES + 1} bytes; Consul accepts at most ${MOST_BYTES}`
        expect(report).toMatchObject({ refused: [{ kind: 'flag', key: 'b', reason }], older: 0 })
        expect(await everything(agent.url)).toMatchObject({
          'ld/features/a': row('a', version).text,
          'ld/features/b': row('b', 1).text,
        })
      }
    })

    it('is refused if its value fits no transaction and its key fits no URL', async () => {
      const { store } = open({ url: agent.url, prefix: 'ld' })
      const report = await store.write(full(big('..', 1, 450_000), big('..a', 1, 450_000)), never)
      expect(report.refused).toMatchObject([{ key: '..' }])
    })

    it('is kept if another writer wrote a newer version meanwhile', async () => {
      const scripted = await watched()
      const { store } = open({ url: scripted.url, prefix: 'ld' })
      await store.write(full(row('b', 1)), never)
      scripted.become(async (asked) => {
        if (asked.path === 'kv/ld/features/b') await putRaw(agent.url, 'ld/features/b', row('b', 9).text)
        return passTo(agent.url)(asked)
      })
      const report = await store.write(delta(big('b', 2, MOST_BYTES)), never)
      expect(report).toMatchObject({ refused: [], older: 1 })
      expect(await everything(agent.url)).toMatchObject({ 'ld/features/b': row('b', 9).text })
    })

    it('respects a lower limit of the agent, and names a row that the agent refuses', async () => {
      const small = await startConsulAgent({
        configuration: { limits: { kv_max_value_size: 20_000, txn_max_req_len: 20_000 } },
      })
      onTestFinished(() => small.stop())
      const { store } = open({ url: small.url, prefix: 'ld' })
      for (const [version, write] of [full, delta].entries()) {
        const few = rows(30, version + 1, 'x'.repeat(1_000))
        const tooBig = [big('b', version + 1, 21_000), big('c', version + 1, MOST_BYTES)]
        const report = await store.write(write(...few, ...tooBig), never)
        expect(report.refused.map(({ key }) => key).sort()).toEqual(['b', 'c'])
        expect(report.refused[0]?.reason).toContain('max size: 20000 bytes')
        const { rows: held, sidecar } = await store.readAll(never)
        expect(new Set(held.map(({ text }) => text))).toEqual(new Set(few.map(({ text }) => text)))
        expect(sidecar).toBeDefined()
      }
    })
  })

  describe('(S83) a fence', () => {
    it('stops a write in progress after a write with a later fence', async () => {
      const scripted = await watched()
      const slow = open({ url: scripted.url, prefix: 'ld' })
      const fast = open({ url: agent.url, prefix: 'ld' })
      await slow.store.write({ ...full(row('a', 1)), fencingToken: 5 }, never)
      const later = { ...full(row('new', 1)), fencingToken: 6 }
      let left = 2
      let writing: Promise<unknown> | undefined
      scripted.become(async (asked) => {
        const isRows = asked.operations.some(({ Key }) => Key.startsWith('ld/features/'))
        if (isRows && left-- === 0) {
          writing = fast.store.write(later, never)
          await writing
        }
        return passTo(agent.url)(asked)
      })
      const write = slow.store.write({ ...full(...rows(2_000, 1)), fencingToken: 5 }, never)
      expect(await rejection(write)).toMatchObject({ kind: 'fenced' })
      await writing
      const before = await everything(agent.url)
      expect(before).toEqual({
        'ld/features/new': row('new', 1).text,
        'ld/$inited': '',
        '$halyard/ld/sidecar': later.sidecar,
        '$halyard/ld/fence': '6',
      })
      expect(
        await rejection(slow.store.write({ ...delta(row('z', 1)), fencingToken: 5 }, never)),
      ).toMatchObject({
        kind: 'fenced',
      })
      expect(await everything(agent.url)).toEqual(before)
    })

    it('stops the write of a large value', async () => {
      const scripted = await watched()
      const slow = open({ url: scripted.url, prefix: 'ld' })
      const fast = open({ url: agent.url, prefix: 'ld' })
      const large = row('big', 1, 'flag', { note: 'x'.repeat(450_000) })
      let passed = false
      scripted.become(async (asked) => {
        const isGuard = asked.operations.length === 1 && asked.operations[0]?.Verb === 'check-index'
        if (isGuard && !passed) {
          passed = true
          await fast.store.write({ ...full(row('new', 1)), fencingToken: 6 }, never)
        }
        return passTo(agent.url)(asked)
      })
      const write = slow.store.write({ ...full(large), fencingToken: 5 }, never)
      expect(await rejection(write)).toMatchObject({ kind: 'fenced' })
      expect(passed).toBe(true)
      expect(Object.keys(await everything(agent.url))).not.toContain('ld/features/big')
    })
  })
})
