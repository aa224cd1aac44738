/** Deletes what was stored. */

import { attempt } from './base/page'
import { cookieDomain, memory, setCookie } from './base/storage'

export const forget = (name: string) => {
  delete memory[name]
  setCookie(name, '', 0, cookieDomain())
  setCookie(name, '', 0)
  attempt(() => localStorage.removeItem(name))
}
