import { describe, expect, it, onTestFinished } from 'vitest'
import type { Journal, JournalLimits } from '../../src/model/persistent-store.ts'
import { freshPrefix, never } from '../support/store-writes.ts'

/** The database under test. */
export interface JournalBackend {
  /** Opens the journal of this prefix for one more process. Each prefix is used by one test only. */
  open(prefix: string, limits?: JournalLimits): Journal
}

/** Defines the tests that every journal must pass (S116), on a real server or in memory. */
export function journalContract(name: string, backend: () => JournalBackend): void {
  /** Opens one journal for this number of processes. */
  const open = (count: number, limits?: JournalLimits): Journal[] => {
    const prefix = freshPrefix()
    return Array.from({ length: count }, () => {
      const journal = backend().open(prefix, limits)
      onTestFinished(() => journal.close())
      return journal
    })
  }
  const [small, large] = ['s'.repeat(10), 'l'.repeat(60)]

  describe(`${name} keeps the contract of a journal (S116)`, () => {
    it('is empty before an append and after an empty one', async () => {
      const [journal] = open(1) as [Journal]
      expect(await journal.read(never)).toEqual([])
      await journal.append([], never)
      expect(await journal.read(never)).toEqual([])
    })

    it('returns the entries of all writers, oldest first', async () => {
      const [one, two, three] = open(3) as [Journal, Journal, Journal]
      await one.append(['a', 'b'], never)
      await two.append(['c'], never)
      await one.append(['d'], never)
      for (const journal of [one, two, three]) expect(await journal.read(never)).toEqual(['a', 'b', 'c', 'd'])
    })

    it('returns every text unchanged', async () => {
      const [journal] = open(1) as [Journal]
      const texts = ['', '{}', 'a\0b', '\r\n*3\r\n', '"\u2028🙂"', '__proto__', '5', 'nil', '{}', small]
      await journal.append(texts, never)
      expect(await journal.read(never)).toEqual(texts)
    })

    it('drops the oldest entries beyond the maximum number', async () => {
      const [one, two] = open(2, { maxEntries: 3 }) as [Journal, Journal]
      await one.append(['a', 'b'], never)
      await two.append(['c', 'd'], never)
      expect(await one.read(never)).toEqual(['b', 'c', 'd'])
      await one.append(['e', 'f', 'g', 'h'], never)
      expect(await two.read(never)).toEqual(['f', 'g', 'h'])
      for (const text of ['i', 'j', 'k', 'l']) await one.append([text], never)
      expect(await two.read(never)).toEqual(['j', 'k', 'l'])
    })

    it('drops the oldest entries beyond the maximum size in bytes', async () => {
      const [one, two] = open(2, { maxBytes: 100 }) as [Journal, Journal]
      await one.append([large, small, small], never)
      await two.append(['ü'.repeat(10)], never)
      expect(await one.read(never)).toEqual([large, small, small, 'ü'.repeat(10)])
      await two.append(['x'], never)
      expect(await one.read(never)).toEqual([small, small, 'ü'.repeat(10), 'x'])
      await two.append([large, large], never)
      expect(await one.read(never)).toEqual([large])
    })

    it('drops all entries if one exceeds the maximum size, so that no gap arises', async () => {
      const [journal] = open(1, { maxBytes: 100 }) as [Journal]
      await journal.append([small, 'l'.repeat(101)], never)
      expect(await journal.read(never)).toEqual([])
      await journal.append([small], never)
      await journal.append(['l'.repeat(101), 'after'], never)
      expect(await journal.read(never)).toEqual(['after'])
    })

    it('has the documented default limits', async () => {
      const [journal] = open(1) as [Journal]
      const entries = Array.from({ length: 1_001 }, (_, index) => String(index))
      await journal.append(entries, never)
      expect(await journal.read(never)).toEqual(entries.slice(1))
      const megabytes = Array.from({ length: 9 }, (_, index) => String(index).repeat(1024 * 1024))
      await journal.append(megabytes, never)
      expect(await journal.read(never)).toEqual(megabytes.slice(1))
    })

    it('keeps the entries of one append together during concurrent appends', async () => {
      const journals = open(4, { maxEntries: 40 })
      await Promise.all(
        journals.flatMap((journal, who) =>
          [0, 1, 2, 3, 4].map((turn) => journal.append([`${who} ${turn}`, `${who} ${turn}`], never)),
        ),
      )
      const entries = await (journals[0] as Journal).read(never)
      const pairs = entries.filter((entry, index) => index % 2 === 0 && entries[index + 1] === entry)
      expect(new Set(pairs).size).toBe(20)
      expect(entries).toHaveLength(40)
    })

    it('expires after the last append', async () => {
      const [journal] = open(1, { expireAfterMs: 50 }) as [Journal]
      await journal.append(['a'], never)
      await expect.poll(() => journal.read(never)).toEqual([])
    })

    it('rejects calls that are aborted or follow a close', async () => {
      const [journal, other] = open(2) as [Journal, Journal]
      const failure = { name: 'StoreError', kind: 'unavailable' }
      await expect(journal.append(['a'], AbortSignal.abort())).rejects.toMatchObject(failure)
      await expect(journal.read(AbortSignal.abort())).rejects.toMatchObject(failure)
      await journal.append(['b'], never)
      await journal.close()
      await journal.close()
      await expect(journal.append(['c'], never)).rejects.toMatchObject(failure)
      await expect(journal.read(never)).rejects.toMatchObject(failure)
      expect(await other.read(never)).toEqual(['b'])
    })
  })
}
