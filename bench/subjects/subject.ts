import { floor } from './floor.ts'
import { halyard } from './halyard.ts'
import { official } from './official.ts'

export type SubjectName = 'halyard' | 'official' | 'floor'

/** Something that gets flag data from a service. */
export interface Subject {
  /** Loads every module it will need; resolves with what can then be started. */
  load(): Promise<Loaded>
}

export interface Loaded {
  /** Gets the full payload; resolves when it could serve. */
  initialize(url: string): Promise<Client>
}

export interface Client {
  /** Whether it holds a flag of this key. */
  holds(key: string): boolean | Promise<boolean>
}

export const SUBJECTS: Readonly<Record<SubjectName, Subject>> = { halyard, official, floor }
