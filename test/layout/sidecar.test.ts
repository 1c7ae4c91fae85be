import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Digest, hashRow } from '../../src/layout/digest.ts'
import { fingerprint, readNotice, readSidecar, writeNotice, writeSidecar } from '../../src/layout/sidecar.ts'

const sidecar = {
  selector: { state: '(p:x:7)', version: 7 },
  environmentId: 'env',
  keyFingerprint: fingerprint('sdk-key'),
  generation: 'g',
  revision: 3,
  notice: '{"type":"replaced"}',
  savedAt: 1,
  digest: '00',
}

it('D16: parses the written sidecar', () => {
  expect(readSidecar(writeSidecar(sidecar))).toEqual(sidecar)
})

it('D16: returns undefined for any other text or format', () => {
  const text = writeSidecar(sidecar)
  const without = (name: string): string => JSON.stringify({ ...JSON.parse(text), [name]: undefined })
  for (const name of ['format', 'keyFingerprint', 'generation', 'revision', 'notice', 'savedAt', 'digest']) {
    expect(readSidecar(without(name)), name).toBeUndefined()
  }
  expect(readSidecar(text.replace('"format":1', '"format":2'))).toBeUndefined()
  for (const other of [undefined, '', '{', 'null', '[]', '"1"']) expect(readSidecar(other)).toBeUndefined()
})

it('D16: drops an invalid selector and keeps the rest', () => {
  for (const selector of [
    {},
    { state: '', version: 1 },
    { state: 's' },
    's',
    { state: 's', version: 1, scope: 1 },
  ]) {
    const text = JSON.stringify({ ...JSON.parse(writeSidecar(sidecar)), selector })
    const { selector: _, ...rest } = sidecar
    expect(readSidecar(text)).toEqual(rest)
  }
})

it('D21: a fingerprint differs between keys and does not contain them', () => {
  expect(fingerprint('sdk-key')).toMatch(/^[0-9a-f]{16}$/)
  expect(fingerprint('sdk-key')).not.toBe(fingerprint('sdk-kez'))
})

const mark = ([key, text]: readonly [string, string]): bigint => hashRow({ kind: 'flag', key, text })

it('D16: a digest does not depend on the order of rows, and is updated by single rows', () => {
  const rows = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key })
  fc.assert(
    fc.property(rows, fc.nat(), (entries, seed) => {
      const sum = (list: readonly (readonly [string, string])[]): string => {
        const digest = new Digest()
        for (const entry of list) digest.add(mark(entry))
        return digest.toString()
      }
      const turned = entries.map((_, index) => entries[(index + seed) % entries.length] as [string, string])
      expect(sum(turned)).toBe(sum(entries))
      const digest = new Digest()
      for (const entry of entries) digest.add(mark(entry))
      const [first, ...others] = entries
      if (!first) return
      digest.remove(mark(first))
      expect(digest.toString()).toBe(sum(others))
      digest.add(mark([first[0], `${first[1]} `]))
      expect(digest.toString()).not.toBe(sum(entries))
    }),
  )
})

it('D18: a notice lists the keys, or states that any row may have changed', () => {
  const rows = [
    { kind: 'flag', key: '__proto__' },
    { kind: 'segment', key: 's' },
  ] as const
  expect(readNotice(writeNotice(rows))).toEqual({ type: 'changed', flags: ['__proto__'], segments: ['s'] })
  const many = Array.from({ length: 201 }, (_, index) => ({ kind: 'flag' as const, key: `f${index}` }))
  expect(readNotice(writeNotice(many))).toEqual({ type: 'replaced' })
  for (const text of [
    '',
    '{',
    'null',
    '{"type":"changed"}',
    '{"type":"changed","flags":[1],"segments":[]}',
  ]) {
    expect(readNotice(text)).toEqual({ type: 'replaced' })
  }
})
