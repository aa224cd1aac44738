/** What assembled files may weigh, gzip -9; a build that passes one of these fails. */

import { gzipSync } from 'node:zlib'

const bytes = (text) => gzipSync(text, { level: 9 }).length

export function budgets(modules, assemble) {
  for (const [name, code] of [['plain', assemble(['start', 'events'], modules)]]) {
    console.log(name, code.length, bytes(code))
  }
}
