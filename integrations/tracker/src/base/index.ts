/** Storage, ids and listeners: what every file stands on. */

import { off, on, once } from './emitter'

/** The library's public methods by name; one that returns nothing is chainable. */
export const methods: Record<string, (...args: any[]) => any> = { on, once, off }

/** Run when the library starts, in the order of modules. */
export const starts: (() => void)[] = []

/** Storage names of what may be kept for these consent categories only. */
export const belongings: [codes: string[] | undefined, names: string[]][] = []

/** Run when what the visitor granted has changed. */
export const changes: (() => void)[] = []

/** Run when the visitor withdraws the permission to store anything. */
export const withdrawals: (() => void)[] = []

/** Add to the context of an event that is sent now what is true now. */
export const dressers: ((context: any) => void)[] = []

/** Run when an event has been queued; the first time is when it is time for everything that may come later. */
export const followers: (() => void)[] = []

/** Who the visitor is, as far as it is known. */
export interface Visitor {
  _anonymousId(): string | undefined
  _userId(): string | null | undefined
  _traits(): any
}
export let visitor: Visitor
export const setVisitor = (by: Visitor) => {
  visitor = by
}

/** Until `start` says otherwise. */
methods.ready = (run) => on('ready', run)
