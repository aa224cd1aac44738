/** Makes a page call when the path or query changes without a new page (single-page applications). */

import { methods, starts } from './base/index'
import { win } from './base/page'
import './views'
import { listen } from './listen'

/** Frameworks change the address first and the title a moment later. */
const SETTLES_MS = 150

const here = () => location.pathname + location.search
let last: string
let from: string
let timer: any

const view = () => {
  timer = clearTimeout(timer)
  if (here() == last) return
  const referrer = from
  last = here()
  from = location.href
  methods.page({ referrer }, { context: { page: { referrer } } })
}

const changed = () => {
  clearTimeout(timer)
  timer = setTimeout(view, SETTLES_MS)
}

starts.push(() => {
  last = here()
  from = location.href
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (this: History, ...args: any) {
      const answer = original.apply(this, args)
      changed()
      return answer
    }
  }
  listen(win, 'popstate', changed)
  listen(win, 'pagehide', () => timer && view()) // left before the title settled
})
