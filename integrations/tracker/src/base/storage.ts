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

export const enum Time {
  Day = 864e5,
}

export const memory: Record<string, Kept> = {}
let domain: string | undefined

export const key = (name: string) => $._storagePrefix + name

export const cookies = () => attempt(() => doc.cookie) || ''

export const readCookie = (name: string): string | undefined => {
  const [, after] = ('; ' + cookies()).split('; ' + name + '=')
  if (after) {
    const [value] = after.split(';')
    return attempt(() => decodeURIComponent(value)) || value
  }
}

export const setCookie = (name: string, value: string, days: number, on?: string) =>
  attempt(() => {
    const { _sameSite, _secure } = $._cookies
    doc.cookie = `${name}=${encodeURIComponent(value)};path=/;max-age=${(days * 86400) | 0};samesite=${_sameSite}${
      on ? ';domain=' + on : ''
    }${_secure && location.protocol == 'https:' ? ';secure' : ''}`
  })

/** The configured domain where the page is on it; without one the shortest that takes a cookie. */
const cookieDomain = () => {
  if (domain == null) {
    const fixed = $._cookies._domain
    const parts = location.hostname.split('.')
    const probe = key('probe')
    domain = ''
    for (let i = parts.length - 1; i-- > 0 && !domain; ) {
      const candidate = parts.slice(i).join('.')
      if (!fixed) setCookie(probe, '1', 1, candidate)
      if (fixed ? fixed == candidate : readCookie(probe)) domain = candidate
      if (!fixed) setCookie(probe, '', 0, candidate)
    }
  }
  return domain
}

const fresh = (kept?: Kept): string | undefined => (kept && kept[1] > Date.now() ? kept[0] : undefined)

const readStored = (name: string) =>
  gate._stores() ? readCookie(name) || fresh(attempt(() => JSON.parse(localStorage[name]))) : undefined

export const read = (name: string): string | undefined => readStored(name) || fresh(memory[name])

/** `local` keeps it out of cookies: for what is large, or of this origin only. */
export const save = (name: string, value: string, days: number, local?: boolean) => {
  memory[name] = [value, Date.now() + days * Time.Day, local]
  if (gate._stores()) {
    if (!local) setCookie(name, value, days, cookieDomain())
    if (readStored(name) != value) attempt(() => (localStorage[name] = JSON.stringify(memory[name])))
    if (readStored(name) == value) delete memory[name]
  }
}
