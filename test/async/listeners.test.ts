import { describe, expect, it } from 'vitest'
import { Listeners } from '../../src/async/listeners.ts'

function listenersWithErrors() {
  const errors: unknown[] = []
  const listeners = new Listeners<string>((error) => errors.push(error))
  return { listeners, errors }
}

describe('Listeners', () => {
  it('calls everyone in the order they came', () => {
    const { listeners } = listenersWithErrors()
    const heard: string[] = []
    listeners.add((value) => heard.push(`first ${value}`))
    listeners.add((value) => heard.push(`second ${value}`))
    listeners.emit('news')
    expect(heard).toEqual(['first news', 'second news'])
  })

  it('goes on after one that throws, and reports it', () => {
    const { listeners, errors } = listenersWithErrors()
    const heard: string[] = []
    listeners.add(() => {
      throw new Error('broken')
    })
    listeners.add((value) => heard.push(value))
    listeners.emit('news')
    expect(heard).toEqual(['news'])
    expect(errors).toEqual([new Error('broken')])
  })

  it('calls a function added twice twice, and each undo removes one', () => {
    const { listeners } = listenersWithErrors()
    const heard: string[] = []
    const listen = (value: string): void => void heard.push(value)
    const undo = listeners.add(listen)
    listeners.add(listen)
    listeners.emit('a')
    undo()
    undo()
    listeners.emit('b')
    expect(heard).toEqual(['a', 'a', 'b'])
    expect(listeners.size).toBe(1)
  })

  it('lets a listener remove itself while it is called, without skipping the next', () => {
    const { listeners } = listenersWithErrors()
    const heard: string[] = []
    const undo = listeners.add((value) => {
      heard.push(`once ${value}`)
      undo()
    })
    listeners.add((value) => heard.push(`always ${value}`))
    listeners.emit('a')
    listeners.emit('b')
    expect(heard).toEqual(['once a', 'always a', 'always b'])
  })

  it('calls a listener added during an emit from the next emit on', () => {
    const { listeners } = listenersWithErrors()
    const heard: string[] = []
    const undo = listeners.add(() => {
      undo()
      listeners.add((value) => heard.push(value))
    })
    listeners.emit('a')
    expect(heard).toEqual([])
    listeners.emit('b')
    expect(heard).toEqual(['b'])
  })

  it('tells how many there are, so nothing is computed for nobody (D24.3)', () => {
    const { listeners } = listenersWithErrors()
    expect(listeners.size).toBe(0)
    const undo = listeners.add(() => {})
    expect(listeners.size).toBe(1)
    undo()
    expect(listeners.size).toBe(0)
  })
})
