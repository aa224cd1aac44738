/** Sorts the arguments of a call the way Segment does, where almost all of them may be left out. */

import { isObject } from '../base/page'

export interface Arguments {
  /** Event name, or category and name, or ids. */
  _texts: string[]
  /** Properties or traits. */
  _data: any
  _options: any
  _callback?: (context: any) => void
}

export const sort = (args: any[]): Arguments => {
  const texts: string[] = []
  let objects: any[] = []
  let callback
  for (const one of args) {
    if (typeof one == 'string' || typeof one == 'number') {
      texts.push(String(one))
      objects = []
    } else if (typeof one == 'function') callback = callback || one
    else if (isObject(one) || (one === null && texts[0])) objects.push(one) // null keeps a place: track("x", null, options)
  }
  return { _texts: texts, _data: objects[0] || {}, _options: objects[1] || {}, _callback: callback }
}
