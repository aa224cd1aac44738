/** Adds context.timezone. The browser takes milliseconds to name it, so it is asked when idle and remembered. */

import { attempt, win } from './base/page'
import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('timezone')

/** With the offset it was found at: travelling and summer time make it worth asking again. */
const offset = () => new Date().getTimezoneOffset() + ' '
let asked: string | undefined

const ask = () => {
  const zone = attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (zone) save(name, offset() + zone, $._cookies._lifetimeDays, true)
}

enrichers.push((context) => {
  const stored = read(name) || ''
  if (stored.startsWith(offset())) context.timezone = stored.slice(offset().length)
  else if (asked != (asked = offset())) setTimeout(() => (win.requestIdleCallback || setTimeout)(ask), 99)
})
