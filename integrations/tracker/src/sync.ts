/** Runs identity syncs and puts what they find into context.providers. */

import { on } from './base/emitter'
import { gate } from './base/gate'
import { belongings, dressers, followers, methods } from './base/index'
import { attempt } from './base/page'
import { key, read, save } from './base/storage'
import type { SyncConfig, SyncOptions } from './config'

/** Methods that look at what is in the browser: a value for an id, at once and as often as wanted. */
export const readers: Record<string, (options: SyncOptions, id: string) => any> = {}

/** Methods that ask somebody: the values of all ids, once. They reject with WAIT while they lack something. */
export const askers: Record<string, (sync: SyncConfig, signal: AbortSignal) => Promise<any[]>> = {}
export const WAIT = 'wait'

const FAILED = 'failed to make request'
/** Longer is no id, and half an id is none either. */
const LONGEST = 1000

const syncs = $._syncs || []
const asked = new Set<SyncConfig>()
/** What was stored on this page; storing it anew would cost time and tell nothing. */
const stored: Record<string, string> = {}
let started = false

export const nameOf = (sync: SyncConfig, id: string) => sync._cookie || key(sync._provider + '_' + id)
const failureOf = (sync: SyncConfig) => key(sync._provider + '_' + sync._ids[0] + '_failure')
const mayRun = (sync: SyncConfig) => gate._stores() && gate._allows(sync._categories)

/** Stores the values of a sync's ids; answers whether there was any. */
const keep = (sync: SyncConfig, values: any[]) => {
  let any = false
  sync._ids.forEach((id, at) => {
    const value = values[at] == null || typeof values[at] == 'object' ? '' : String(values[at])
    const name = nameOf(sync, id)
    if (!value || value.length > LONGEST) return
    any = true
    if (stored[name] != value) save(name, (stored[name] = value), sync._lifetimeDays)
  })
  return any
}

const ask = (sync: SyncConfig) => {
  const abort = new AbortController()
  let timer: any
  const settle = (values: any[], why: string) => {
    if (!timer) return
    timer = clearTimeout(timer)
    abort.abort()
    // One try a day. Consent may have gone while we waited; then nothing is stored.
    if (mayRun(sync) && !keep(sync, values)) save(failureOf(sync), why, 1)
  }
  timer = setTimeout(() => settle([], 'timeout'), sync._timeoutMs)
  asked.add(sync)
  askers[sync._method](sync, abort.signal).then(
    (values) => settle(values, FAILED),
    (why) => {
      if (why != WAIT) settle([], FAILED)
      else {
        timer = clearTimeout(timer)
        asked.delete(sync)
      }
    },
  )
}

const run = () => {
  started = true
  for (const sync of syncs) {
    const reader = readers[sync._method]
    if (!mayRun(sync)) {
      asked.delete(sync)
      for (const id of sync._ids) delete stored[nameOf(sync, id)]
    } else if (reader) keep(sync, sync._ids.map((id) => attempt(() => reader(sync._options, id))))
    else if (!asked.has(sync) && !read(failureOf(sync)) && (sync._resync || !sync._ids.every((id) => read(nameOf(sync, id))))) ask(sync)
  }
}

const providers = () => {
  const found: Record<string, Record<string, string>> = {}
  for (const sync of syncs)
    for (const id of mayRun(sync) ? sync._ids : []) {
      const value = read(nameOf(sync, id))
      if (value) (found[sync._provider] = found[sync._provider] || {})[id] = value
    }
  return found
}

for (const sync of syncs)
  belongings.push([sync._categories, [...sync._ids.map((id) => nameOf(sync, id)), failureOf(sync)]])
methods.providers = providers
followers.push(run)
on('consent', () => started && run())
dressers.push((context) => {
  context.providers = { ...providers(), ...context.providers }
})
