import { MemoryJournal } from '../support/memory-journal.ts'
import { journalContract } from './journal.ts'

const journals = new Map<string, MemoryJournal>()

journalContract('memory', () => ({
  open(prefix, limits) {
    const journal = journals.get(prefix) ?? new MemoryJournal(limits)
    journals.set(prefix, journal)
    return journal.open()
  },
}))
