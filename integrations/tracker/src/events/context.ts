/** What is known about the page and the browser. */

import { doc } from '../base/page'

export interface Snapshot {
  path: string
  referrer: string
  search: string
  title: string
  url: string
}

/** The page as a stub noted it at the time of a call, in the form that Segment's snippet gives it. */
interface Noted {
  __t: 'bpc'
  c?: string
  p: string
  u: string
  s: string
  t: string
  r: string
}

export const isNoted = (value: any): value is Noted => value && value.__t == 'bpc'

export const pageNow = (noted?: Noted): Snapshot => {
  const link = doc.querySelector('link[rel=canonical]')
  const { c, p, u, s, t, r } = noted || {
    c: (link && (link as HTMLLinkElement).href) || '',
    p: location.pathname,
    u: location.href,
    s: location.search,
    t: doc.title,
    r: doc.referrer,
  }
  const url = c ? (c.includes('?') ? c : c + s) : u
  return {
    path: (c && c.replace(/^\w+:\/\/[^/?#]*|[?#].*/g, '')) || p,
    referrer: r,
    search: s,
    title: t,
    url: url.replace(/#.*/, ''),
  }
}

/** Joins of features that say something about every event. */
export const enrichers: ((context: any) => void)[] = []

export const browserContext = () => {
  const context: any = {
    userAgent: navigator.userAgent,
    locale: navigator.language,
    library: { name: 's2sadmin', version: VERSION },
    screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
  }
  enrichers.forEach((enrich) => enrich(context))
  return context
}
declare const VERSION: string
