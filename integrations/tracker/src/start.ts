/** Puts the library on the page, answers the calls that waited for it, and refuses to run twice. */

import { emit } from './base/emitter'
import { methods, starts } from './base/index'
import { call, win } from './base/page'

const replay = ([name, ...args]: any[]) => {
  if (methods[name]) call(methods[name], ...args)
}

/** These change what becomes of the calls beside them, so they go first. */
const isEarly = ([name]: any[]) => /^(on|off|add|set|con)/.test(name)

const start = (): any => {
  // The page's own stub becomes the library: whoever kept a reference to it keeps a working one.
  const api = (win[$._libraryName] = win[$._libraryName] || [])
  if (api.initialized) return console.warn($._libraryName + ' was loaded twice')
  const waiting: any[][] = ([] as any).splice.call(api, 0)
  for (const name in methods)
    api[name] = (...args: any[]) => {
      const answer = call(methods[name], ...args)
      return answer === undefined ? api : answer
    }
  api.push = (...calls: any[][]) => calls.forEach(replay)
  api.initialized = true

  waiting.filter(isEarly).forEach(replay)
  starts.forEach(call)
  waiting.filter((one) => !isEarly(one)).forEach(replay)
  methods.ready = call
  emit('ready')
}
call(start)
