/** Compiles a source file as the build does, and imports it. */

import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

export async function source(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../src/' + path, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2018',
  })
  return import('data:text/javascript,' + encodeURIComponent(outputFiles[0].text + `//${Math.random()}`))
}
