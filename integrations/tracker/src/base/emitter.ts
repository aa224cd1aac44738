/** on, once, off, emit. */

import { call } from './page'

type Listener = (...args: any[]) => void
const listeners: Record<string, Listener[]> = {}

const of = (name: string) => listeners[name] || []

export const on = (name: string, run: Listener) => {
  listeners[name] = [...of(name), run]
}

/** Without `run` all listeners of the event go. */
export const off = (name: string, run?: Listener) => {
  listeners[name] = of(name).filter((one) => run && one != run)
}

export const once = (name: string, run: Listener) => {
  const first = (...args: any[]) => {
    off(name, first)
    run(...args)
  }
  on(name, first)
}

export const emit = (name: string, ...args: any[]) => of(name).forEach((run) => call(run, ...args))
