import { floor } from './floor.ts'
import { halyard } from './halyard.ts'
import { official } from './official.ts'

export type SubjectName = 'halyard' | 'official' | 'floor'

/** A program that receives flag data from a service. */
export interface Subject {
  /** Loads all modules; resolves with a function that starts the subject. */
  load(): Promise<Loaded>
}

export interface Loaded {
  /** Gets the full payload; resolves when flags can be served. */
  initialize(url: string): Promise<Client>
}

export interface Client {
  /** Whether there is a flag with this key. */
  holds(key: string): boolean | Promise<boolean>
}

export const SUBJECTS: Readonly<Record<SubjectName, Subject>> = { halyard, official, floor }
