/** on, once, off, emit. */

import { call } from './page'

type Listener = (...args: any[]) => void
const listeners: Record<string, Listener[]> = Object.create(null)

export const on = (name: string, run: Listener) => {
  ;(listeners[name] = listeners[name] || []).push(run)
}

export const off = (name: string, run?: Listener) => {
  listeners[name] = run ? (listeners[name] || []).filter((one) => one != run) : []
}

export const once = (name: string, run: Listener) => {
  const first = (...args: any[]) => {
    off(name, first)
    run(...args)
  }
  on(name, first)
}

export const emit = (name: string, ...args: any[]) => {
  ;(listeners[name] || []).slice().forEach((run) => call(run, ...args))
}
