/**
 * What is kept about a visitor: in a cookie; where cookies are refused in localStorage; else in memory.
 *
 * localStorage is a spare, never a second copy: two copies drift apart between subdomains, and a copy that
 * outlives its cookie would bring a visitor back who has logged out or cleared it.
 */

import { gate } from './gate'
import { attempt, doc } from './page'

/** Value, when it ends (epoch ms), and whether it never goes into a cookie. */
type Kept = [value: string, until: number, local?: boolean]

const DAY = 864e5
const memory: Record<string, Kept> = {}
let domain: string | undefined

export const key = (name: string) => ($._storagePrefix || '') + name

const decode = (text: string) => attempt(() => decodeURIComponent(text)) || text

export const readCookie = (name: string): string | undefined => {
  const [, after] = ('; ' + (attempt(() => doc.cookie) || '')).split('; ' + name + '=')
  return after && decode(after.split(';')[0])
}

const setCookie = (name: string, value: string, ms: number, on?: string) => {
  const { _sameSite, _secure } = $._cookies
  const safe = location.protocol == 'https:'
  const open = _sameSite == 'None' // browsers refuse it without Secure
  attempt(
    () =>
      (doc.cookie =
        name +
        '=' +
        encodeURIComponent(value) +
        ';path=/;max-age=' +
        Math.round(ms / 1e3) +
        (on ? ';domain=' + on : '') +
        ';samesite=' +
        (open && !safe ? 'Lax' : _sameSite) +
        (safe && (_secure || open) ? ';secure' : '')),
  )
}

/** The configured domain where the page is on it, else the shortest one that takes a cookie. */
const cookieDomain = () => {
  if (domain == null) {
    const host = location.hostname
    const parts = host.split('.')
    const probe = key('probe')
    domain = $._cookies._domain || ''
    if (!domain || !('.' + host).endsWith('.' + domain)) {
      domain = ''
      for (let i = parts.length - 1; i-- > 0 && !domain; ) {
        const candidate = parts.slice(i).join('.')
        setCookie(probe, '1', DAY, candidate)
        if (readCookie(probe)) domain = candidate
        setCookie(probe, '', 0, candidate)
      }
    }
  }
  return domain
}

const readLocal = (name: string): Kept | undefined => attempt(() => JSON.parse(localStorage.getItem(name)!))

const fresh = (kept?: Kept): string | undefined => (kept && kept[1] > Date.now() ? kept[0] : undefined)

const readStored = (name: string) => (gate._stores() && (readCookie(name) || fresh(readLocal(name)))) || undefined

export const read = (name: string): string | undefined => readStored(name) || fresh(memory[name])

/** `local` keeps it out of cookies: for what is large, or of this origin only. */
export const save = (name: string, value: string, days: number, local?: boolean) => {
  const kept: Kept = [value, Date.now() + days * DAY, local]
  if (gate._stores()) {
    if (!local) setCookie(name, value, days * DAY, cookieDomain())
    if (local || readCookie(name) != value) attempt(() => localStorage.setItem(name, JSON.stringify(kept)))
  }
  if (readStored(name) == value) delete memory[name]
  else memory[name] = kept
}

export const forget = (name: string) => {
  delete memory[name]
  setCookie(name, '', 0, cookieDomain())
  setCookie(name, '', 0)
  attempt(() => localStorage.removeItem(name))
}

/** What was said before storing was allowed is stored as soon as it is. */
export const saveMemory = () => {
  for (const name in memory) {
    const [value, end, local] = memory[name]
    save(name, value, (end - Date.now()) / DAY, local)
  }
}

export const localKeys = (start: string): string[] =>
  attempt(() => Object.keys(localStorage).filter((name) => name.startsWith(start))) || []

/** Everything under the file's prefix, whoever wrote it: after a withdrawal nothing of it may stay. */
export const forgetAll = () => {
  const start = key('')
  const names = (attempt(() => doc.cookie) || '').split('; ').map((pair) => pair.split('=')[0])
  if (start)
    [...names.filter((name) => name.startsWith(start)), ...localKeys(start), ...Object.keys(memory)].forEach(forget)
}
