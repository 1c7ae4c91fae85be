import { describe, expect, it } from 'vitest'
import { Queue } from '../../src/async/queue.ts'

const ended = { done: true, value: undefined }

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

function queueOf<T>(...values: T[]): Queue<T> {
  const queue = new Queue<T>()
  for (const value of values) queue.push(value)
  return queue
}

describe('Queue', () => {
  it('gives values in the order they were pushed, undefined included', async () => {
    const queue = queueOf<number | undefined>(1, undefined, 3)
    queue.close()
    expect(await collect(queue)).toEqual([1, undefined, 3])
  })

  it('gives values to waiting readers in the order of their calls', async () => {
    const queue = new Queue<string>()
    const waiting = [queue.next(), queue.next()]
    queue.push('a')
    queue.push('b')
    queue.push('c')
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
    ])
    expect(await queue.next()).toEqual({ done: false, value: 'c' })
  })

  it('ends for everyone who waits when it is closed', async () => {
    const queue = new Queue<string>()
    const waiting = [queue.next(), queue.next()]
    queue.close()
    expect(await Promise.all(waiting)).toEqual([ended, ended])
    expect(await queue.next()).toEqual(ended)
  })

  it('is read out before it ends', async () => {
    const queue = queueOf('a')
    queue.close()
    expect(await queue.next()).toEqual({ done: false, value: 'a' })
    expect(await queue.next()).toEqual(ended)
  })

  it('takes nothing after it is closed', async () => {
    const queue = queueOf('a')
    queue.close()
    queue.push('late')
    queue.close()
    expect(await collect(queue)).toEqual(['a'])
  })

  it('drops the rest when its reader stops, and takes nothing more', async () => {
    const queue = queueOf('a', 'b')
    for await (const value of queue) {
      expect(value).toBe('a')
      break
    }
    queue.push('c')
    expect(await queue.next()).toEqual(ended)
  })

  it('ends a pending next() when it is returned', async () => {
    const queue = new Queue<string>()
    const pending = queue.next()
    expect(await queue.return()).toEqual(ended)
    expect(await pending).toEqual(ended)
  })
})
