/** Runs identity syncs and puts what they find into context.providers. */

import { gate } from './base/gate'
import { belongings, changes, dressers, followers, methods } from './base/index'
import { attempt } from './base/page'
import { key, read, save } from './base/storage'
import type { SyncConfig, SyncOptions } from './config'

/** Methods that need nobody's answer: a value for an id, at once and as often as wanted. */
export const readers: Record<string, (options: SyncOptions, id: string, sync: SyncConfig) => any> = {}

/**
 * Methods that ask somebody: the values of all ids, once. They reject with Lack.Now while they lack something or
 * may not ask any more, and end when the signal does.
 */
export const askers: Record<string, (sync: SyncConfig, signal: AbortSignal) => Promise<any[]>> = {}
export const enum Lack {
  Now = 0,
}

const enum Limit {
  /** Longer is no id, and half an id is none either. */
  Characters = 1000,
}

const syncs = $._syncs || []
/** Run on this page: those that ask are done, those that read have restarted their lifetime. */
const done = new Set<SyncConfig>()
let started = false

export const nameOf = (sync: SyncConfig, id: string) => sync._cookie || key(sync._provider + '_' + id)
const failureOf = (sync: SyncConfig) => key(sync._provider + '_' + sync._ids[0] + '_failure')
export const mayRun = (sync: SyncConfig) => gate._stores() && gate._allows(sync._categories)

/** Stores the values of a sync's ids; answers whether there was any. */
const keep = (sync: SyncConfig, values: any[], anew: boolean) => {
  let any = false
  sync._ids.forEach((id, at) => {
    const name = nameOf(sync, id)
    const value = typeof values[at] == 'object' ? '' : String([values[at]]) // a list makes nothing of undefined
    if (!value || value.length > Limit.Characters) return
    any = true
    if (anew || read(name) != value) save(name, value, sync._lifetimeDays)
  })
  return any
}

const ask = async (sync: SyncConfig) => {
  const abort = new AbortController()
  let why = 'failed to make request'
  let values: any[] = []
  setTimeout(() => {
    why = 'timeout'
    abort.abort()
  }, sync._timeoutMs)
  done.add(sync)
  try {
    values = await askers[sync._method](sync, abort.signal)
  } catch (lack) {
    if (lack === Lack.Now) return done.delete(sync)
  }
  // One try a day. Consent may have gone while we waited; then nothing is stored.
  if (mayRun(sync) && !keep(sync, values, true)) save(failureOf(sync), why, 1)
}

const run = () => {
  started = true
  for (const sync of syncs) {
    const reader = readers[sync._method]
    const first = !done.has(sync)
    if (!mayRun(sync)) done.delete(sync)
    else if (reader) {
      done.add(sync)
      keep(sync, sync._ids.map((id) => attempt(() => reader(sync._options, id, sync))), first)
    } else if (first && !read(failureOf(sync)) && (sync._resync || !sync._ids.every((id) => read(nameOf(sync, id))))) ask(sync)
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
changes.push(() => started && run())
dressers.push((context) => {
  context.providers = { ...providers(), ...context.providers }
})
