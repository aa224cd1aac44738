/** Sorts the arguments of a call the way Segment does, where almost all of them may be left out. */

import { isObject } from '../objects'

/** Texts (event name, category and name, or ids), properties or traits, options, callback. */
type Sorted = [texts: string[], data: any, options: any, callback?: (context: any) => void]

export const sort = (args: any[]): Sorted => {
  const texts: string[] = []
  let objects: any[] = []
  let callback
  for (const one of args) {
    if (/string|number/.test(typeof one)) {
      texts.push(String(one))
      objects = []
    } else if (typeof one == 'function') callback = one
    else if (isObject(one) || (one === null && texts[0])) objects.push(one) // null keeps a place: track("x", null, options)
  }
  return [texts, objects[0] || {}, objects[1] || {}, callback]
}
