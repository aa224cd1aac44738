/** Reads consent from the cookie of the site's own banner. */

import { starts } from './base/index'
import { attempt, doc, win } from './base/page'
import { readCookie } from './base/storage'
import { joinSource, translate } from './consent'
import { dig } from './dig'
import { listen } from './listen'
import { isObject } from './objects'

const say = joinSource()
const { _name, _format, _path } = $._consent!._customCookie!
let last: string | undefined | null = null

const parse = (text: string): Record<string, boolean> | undefined => {
  const codes: Record<string, boolean> = {}
  if (_format == 'json') {
    const whole = attempt(() => JSON.parse(text))
    const answers = _path ? dig(whole, _path) : whole
    if (!isObject(answers)) return
    for (const code in answers) codes[code] = isYes(answers[code])
  } else
    for (const part of text.split(/[,&|; ]+/)) {
      const [code, is] = part.split(/[:=]/)
      if (code) codes[code] = _format == 'list' || isYes(is)
    }
  return codes
}

const look = () => {
  const text = readCookie(_name)
  if (text === last) return
  last = text
  if (!text) return say({}) // a cookie that is gone takes its answers with it
  const codes = parse(text)
  // What can't be read is a refusal: somebody tried to say something.
  say(translate(codes || {}, !codes || _format == 'list'), true)
}

const isYes = (value: any) => /^(true|1|yes|granted|allow)$/i.test(value)

starts.push(look)
listen(win, 'focus', look)
listen(doc, 'visibilitychange', look)
setInterval(look, 1e3)
