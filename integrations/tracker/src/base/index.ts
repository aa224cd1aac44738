/** Storage, ids and listeners: what every file stands on. */

import { emit, off, on, once } from './emitter'
import { call } from './page'

/** The library's public methods by name; one that returns nothing is chainable. */
export const methods: Record<string, (...args: any[]) => any> = { on, once, off }

/** Run when the library starts, in the order of modules. */
export const starts: (() => void)[] = []

/** Run when the visitor withdraws the permission to store anything. */
export const withdrawals: (() => void)[] = []

let ready = false
methods.ready = (run) => {
  if (ready) call(run)
  else once('ready', run)
}
export const becomeReady = () => {
  ready = true
  emit('ready')
}

/** A query parameter of the page's current address. */
export const parameter = (name: string): string | null => new URLSearchParams(location.search).get(name)
