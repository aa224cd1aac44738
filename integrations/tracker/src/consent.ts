/** Decides by what the visitor granted: what is stored, what is synced, and when events go on. */

import { emit } from './base/emitter'
import { setGate } from './base/gate'
import { belongings, methods, starts, withdrawals } from './base/index'
import { listen, win } from './base/page'
import { forget, forgetAll, saveMemory } from './base/storage'
import type { CategoryConfig } from './config'

/** Yes and no by category code; what a source does not know it leaves out. */
type Answers = Record<string, boolean>

/** What one source said last. `_answered`: this is the visitor's own choice, not a default until they choose. */
interface Said {
  _answers: Answers
  _answered?: any
}

const { _explicit, _categories = [], _before, _storageCategories = [] } = $._consent!

const manual: Said = { _answers: {} }
const sources: (Said | undefined)[] = [manual]
let refusesSale = false
let leaving = false
let last = ''

/** What goes along in context.consent, such as the strings of TCF and GPP. */
export const extra: Record<string, any> = {}

/** Granted, refused, or undefined. One refusal among the sources wins. */
const answer = ({ _code, _isSaleOrSharing }: CategoryConfig): boolean | undefined => {
  const said = sources.map((one) => one && one._answers[_code])
  return (refusesSale && _isSaleOrSharing) || said.includes(false) ? false : said.includes(true) || undefined
}

const preferences = () => {
  const known: Answers = {}
  for (const category of _categories) {
    const is = answer(category)
    if (is != null) known[category._code] = is
  }
  return known
}

const isAnswered = () => sources.some((one) => one && one._answered)

/**
 * Events wait until there is nothing to wait for: the visitor has chosen, everything is granted anyway, or,
 * where silence is yes, the consent platform has spoken, there is none, or the visitor leaves.
 */
const releases = () =>
  _before == 'send' ||
  isAnswered() ||
  _categories.every((one) => answer(one)) ||
  (!_explicit && (leaving || sources.length < 2 || sources.some((one) => one && one != manual)))

const grants = (code: string) => {
  const known = preferences()[code]
  return known == null ? !_explicit && releases() : known
}

const allows = (codes: string[] = []) => codes.every(grants)

/** Refused by the visitor, where `!allows` may only mean that they have not chosen yet. */
const isWithdrawn = (codes: string[] = []) =>
  codes.some(
    (code) =>
      sources.some((one) => one && one._answered && one._answers[code] === false) ||
      (refusesSale && _categories.some((one) => one._code == code && one._isSaleOrSharing)),
  )

const standing = () => JSON.stringify([preferences(), extra, releases()])

const change = () => {
  const known = preferences()
  if (last == (last = standing())) return
  if (isWithdrawn(_storageCategories)) {
    forgetAll()
    withdrawals.forEach((run) => run())
  }
  for (const [codes, names] of belongings) if (isWithdrawn([...(codes || []), ..._storageCategories])) names.forEach(forget)
  if (stores()) saveMemory()
  emit('consent', known)
  emit('release')
}

const stores = () => releases() && allows(_storageCategories)

setGate({
  _allows: allows,
  _stores: stores,
  _releases: releases,
  _stamp() {
    const categoryPreferences = preferences()
    const optOut: Record<string, string> = {}
    for (const code in categoryPreferences) optOut[code] = String(!categoryPreferences[code])
    return { explicit: String(!!_explicit), optOut, categoryPreferences, ...extra }
  },
})

export const isYes = (value: any) => /^(true|1|yes|granted|allow)$/i.test(value)

/** Joins a source. What it gives is to be called with what the source says, now and on every change. */
export const joinSource = () => {
  const place = sources.push(undefined) - 1
  return (answers: Answers, answered?: any) => {
    sources[place] = { _answers: answers, _answered: answered }
    change()
  }
}

/**
 * Our categories' answers from a platform's own codes. A category with several codes needs them all.
 * `listed`: only what is granted is named, so that a category without any named code is refused.
 */
export const translate = (codes: Record<string, any>, listed?: boolean): Answers => {
  const answers: Answers = {}
  for (const { _code, _cmpCodes = [] } of _categories) {
    const known = [_code, ..._cmpCodes].map((code) => codes[code]).filter((one) => one != null)
    if (known.length) answers[_code] = known.every(Boolean)
    else if (listed) answers[_code] = false
  }
  return answers
}

/** Answers for the categories about which `ask` has something to say. */
export const judge = (ask: (category: CategoryConfig) => boolean | undefined): Answers => {
  const answers: Answers = {}
  for (const category of _categories) {
    const is = ask(category)
    if (is != null) answers[category._code] = is
  }
  return answers
}

export const refuseSale = () => {
  refusesSale = extra.gpc = true
  change()
}

/** `consent({code: true})` is the site's own banner speaking; `consent()` tells how things stand. */
methods.consent = (answers) => {
  if (!answers) return preferences()
  for (const code in answers) manual._answers[code] = isYes(answers[code])
  manual._answered = true
  change()
}

starts.push(() => {
  last = last || standing()
  listen(win, 'pagehide', () => {
    leaving = true
    change()
  })
})
