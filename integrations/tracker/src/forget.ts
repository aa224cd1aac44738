/** Deletes what was stored. */

import { attempt } from './base/page'
import { memory, readCookie, setCookie } from './base/storage'

export const forget = (name: string) => {
  delete memory[name]
  // From every domain that it may be on: looking for the widest would set a cookie, where none may be set.
  if (readCookie(name))
    (location.hostname + '.').split('.').forEach((_, at, parts) => setCookie(name, '', 0, parts.slice(at, -1).join('.')))
  attempt(() => localStorage.removeItem(name))
}
