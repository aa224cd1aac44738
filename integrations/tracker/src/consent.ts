/** Decides by what the visitor granted: what is stored, what is synced, and when events go on. */

import { emit } from './base/emitter'
import { setGate } from './base/gate'
import { belongings, changes, dressers, methods, starts, withdrawals } from './base/index'
import { attempt, call, win } from './base/page'
import { cookies, memory, save, Time } from './base/storage'
import type { CategoryConfig } from './config'
import { listen } from './listen'
import { forget } from './forget'

/** Yes and no by category code; what a source does not know it leaves out. */
export type Answers = Record<string, boolean>

/** What one source said last. */
interface Source {
  _answers: Answers
  /** The visitor's own choice, not a default until they choose. */
  _chosen?: any
}

const { _explicit, _categories = [], _before, _storageCategories = [] } = $._consent!

const manual: Source = { _answers: {} }
/** Global Privacy Control: a choice of the visitor too, but one that leaves all other questions open. */
export const control: Source = { _answers: {}, _chosen: true }
const sources = [manual, control]

/** A consent platform is expected, and none has spoken. */
let silent = false

/** What all sources say together: granted, refused, or absent. */
let known: Answers = {}
/** There is nothing more to wait for. Until then nothing is stored and nobody is asked, whatever silence means. */
let answered = false
let last = ''

/** What goes along in context.consent, such as the strings of TCF and GPP. */
export const extra: Record<string, any> = {}

/** Answers for the categories about which `ask` has something to say. */
export const judge = (ask: (category: CategoryConfig) => boolean | undefined): Answers => {
  const answers: Answers = {}
  for (const category of _categories) {
    const is = ask(category)
    if (is != null) answers[category._code] = is
  }
  return answers
}

/** One refusal wins; else one grant is enough. */
const verdict = (said: (boolean | undefined)[], silence?: boolean) =>
  !said.includes(false) && (said.includes(true) || silence)

/**
 * Our categories' answers from a platform's own codes. A category with several codes needs them all.
 * `listed`: only what is granted is named, so that a category without any named code is refused.
 */
export const translate = (codes: Record<string, boolean>, listed?: any): Answers =>
  judge(({ _code, _cmpCodes = [] }) =>
    verdict(
      [_code, ..._cmpCodes].map((code) => codes[code]),
      listed ? false : undefined,
    ),
  )

const allows = (codes: string[] = []) =>
  codes.every((code) => (known[code] == null ? !_explicit && answered : known[code]))

const stores = () => answered && allows(_storageCategories)

/** Refused by the visitor, where `!allows` may only mean that they have not chosen yet. */
const isWithdrawn = (codes: string[] = []) =>
  [...codes, ..._storageCategories].some((code) =>
    sources.some((one) => one._chosen && one._answers[code] === false),
  )

/** Weighs anew what all sources say, and acts on it where it makes a difference. */
const change = () => {
  known = judge(({ _code }) => verdict(sources.map((one) => one._answers[_code])))
  // The visitor has chosen, everything is granted anyway, or, where silence is yes, a platform has spoken or the
  // visitor leaves.
  answered =
    sources.some((one) => one != control && one._chosen) ||
    _categories.every((one) => known[one._code]) ||
    (!_explicit && !silent)
  if (last == (last = JSON.stringify([known, extra, answered]))) return
  if (isWithdrawn()) {
    // Everything under the file's prefix, whichever version of the file wrote it.
    const names = [...cookies().split(/=.*?(?:; |$)/), ...(attempt(() => Object.keys(localStorage)) || []), ...Object.keys(memory)]
    names.filter((name) => name.startsWith($._storagePrefix)).forEach(forget)
    withdrawals.forEach(call)
  }
  for (const [codes, names] of belongings) if (isWithdrawn(codes)) names.forEach(forget)
  // What was said before storing was allowed is stored as soon as it is.
  if (stores())
    for (const name in memory) {
      const [value, end, local] = memory[name]
      save(name, value, (end - Date.now()) / Time.Day, local)
    }
  changes.forEach(call)
  emit('consent', { ...known })
}

/** Joins a platform. What it gives is to be called with what the platform says, now and on every change. */
export const joinSource = () => {
  const source: Source = { _answers: {} }
  sources.push(source)
  silent = true
  return (answers: Answers, chosen?: any) => {
    silent = false
    source._answers = answers
    source._chosen = chosen
    change()
  }
}

setGate({ _allows: allows, _stores: stores, _releases: () => answered || _before == 'send' })

dressers.push((context) => {
  const optOut: Record<string, string> = {}
  for (const code in known) optOut[code] = '' + !known[code]
  context.consent = { explicit: '' + !!_explicit, optOut, categoryPreferences: known, ...extra }
})

/** `consent({code: true})` is the site's own banner speaking; `consent()` tells how things stand. */
methods.consent = (answers) => {
  if (!answers) return { ...known }
  for (const code in answers) manual._answers[code] = String(answers[code]) == 'true'
  manual._chosen = true
  change()
}

starts.push(change)
listen(win, 'pagehide', () => {
  silent = false
  change()
})
