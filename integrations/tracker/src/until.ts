/** Waits for what other scripts bring. */

import { attempt } from './base/page'

/** Asks ever less often. */
export const until = <T>(find: () => T | undefined, run: (found: T) => void, within: number, wait = 50) => {
  const found = attempt(find)
  if (found) attempt(() => run(found))
  else if (within > 0) setTimeout(() => until(find, run, within - wait, wait * 1.3), wait)
}
