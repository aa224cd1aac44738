/** What is known about the page and the browser. */

import { attempt, doc } from '../base/page'

export interface Snapshot {
  path: string
  referrer: string
  search: string
  title: string
  url: string
}

/**
 * The page now, or as the last of `args` noted it in the form that Segment's snippet gives it; a note is
 * taken off. Path and address are those of the canonical link where there is one.
 */
export const pageNow = (args: any[]): Snapshot => {
  const link = doc.querySelector('link[rel=canonical]') as HTMLLinkElement | null
  const last = args[args.length - 1]
  const { c, u, s, t, r } =
    (last || 0).__t == 'bpc'
      ? args.pop()
      : { c: link && link.href, u: location.href, s: location.search, t: doc.title, r: doc.referrer }
  const url = attempt(() => new URL(c)) || new URL(u)
  url.search = url.search || s
  url.hash = ''
  return { path: url.pathname, referrer: r, search: s, title: t, url: url.href }
}

/** Joins of features that say something about every event. */
export const enrichers: ((context: any) => void)[] = []
